"""Inverse propensity scoring: IPS (Horvitz and Thompson, 1952) and SNIPS (Swaminathan and
Joachims, 2015).
"""

from __future__ import annotations

import numpy as np

from kirakat.bandit.ope.estimate import Answer, Requirements, Weighted, answer
from kirakat.bandit.ope.log import LoggedRounds
from kirakat.bandit.sums import Floats


def ips(rounds: LoggedRounds, target: Floats, requirements: Requirements | None = None) -> Answer:
    """Mean of w r, w = target probability over propensity; `target` is (n, K)."""
    weighted = Weighted(
        estimator="IPS",
        weights=rounds.weights(target),
        model=np.zeros(len(rounds)),
        size=float(len(rounds)),
    )
    return answer(rounds, target, weighted, requirements or Requirements())


def snips(rounds: LoggedRounds, target: Floats, requirements: Requirements | None = None) -> Answer:
    """Sum of w r over sum of w: less variance than IPS, and a bias that fades with n."""
    weights = rounds.weights(target)
    weighted = Weighted(
        estimator="SNIPS",
        weights=weights,
        model=np.zeros(len(rounds)),
        size=float(weights.sum()) or 1.0,
    )
    return answer(rounds, target, weighted, requirements or Requirements())
