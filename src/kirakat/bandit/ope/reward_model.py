"""The reward model of the doubly robust estimators, fitted without the rows that it judges."""

from __future__ import annotations

import numpy as np

from kirakat.bandit.linucb_disjoint import fit_disjoint
from kirakat.bandit.ope.log import LoggedRounds
from kirakat.bandit.prior import Prior
from kirakat.bandit.sums import Batch, Floats, sums_of


def cross_fit(
    rounds: LoggedRounds, contexts: Floats, prior: Prior | None = None, folds: int = 5
) -> Floats:
    """(n, K) expected click rates in [0, 1] by ridge regression, fold by fold of clusters.

    Contexts are (n, d). A cluster's rows share a fold, so that nobody is judged by themselves.
    """
    arms = rounds.supported.shape[1]
    labels = np.unique(rounds.clusters, return_inverse=True)[1].reshape(-1)
    # Labels are scattered, so that folds are no stretches of time.
    fold = (labels * 2654435761 % 2**32) // 7 % folds
    expected = np.zeros((len(rounds), arms))
    for held in range(folds):
        seen = fold != held
        batch = Batch(contexts=contexts[seen], arms=rounds.arms[seen], rewards=rounds.rewards[seen])
        fitted = fit_disjoint(sums_of(batch, arms), prior or Prior())
        expected[~seen] = np.clip(contexts[~seen] @ fitted.theta.T, 0.0, 1.0)
    return expected
