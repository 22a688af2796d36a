"""Where an arm's estimate starts: nothing, its category, or its older version."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from kirakat.bandit.sums import Floats, LinearSums


@dataclass(frozen=True, kw_only=True)
class Prior:
    """The ridge prior of a linear model, N(theta_0, noise^2 / ridge)."""

    # Impressions (of a unit context) that the prior is worth. noise^2 over the variance of a
    # weight: .02 for tastes of .002 each. The paper has 1, for rewards of unit noise.
    ridge: float = 4000.0
    # Ridge of the category's own estimate, which is theta_0 of every arm; None: theta_0 = 0.
    category_ridge: float | None = 30.0
    # Share of an older version's evidence that a new version starts with, and its limit in
    # impressions.
    inherited_share: float = 0.3
    inherited_limit: float = 5000.0


TEXTBOOK = Prior(ridge=1.0, category_ridge=None)


def category_mean(sums: LinearSums, prior: Prior) -> Floats:
    """theta_0 (d,): ridge regression over the decisions of all arms together."""
    if prior.category_ridge is None:
        return np.zeros(sums.width)
    gram = sums.outer.sum(axis=0) + prior.category_ridge * np.eye(sums.width)
    solved = cho_solve(cho_factor(gram, lower=True), sums.reward.sum(axis=0))
    return np.asarray(solved, np.float64)


def inherit(sums: LinearSums, parents: tuple[int | None, ...], prior: Prior) -> LinearSums:
    """The sums with each new version's share of its parent's evidence added.

    `parents` has an arm index or None for each arm. The stored sums stay raw, so that they merge.
    """
    if all(parent is None for parent in parents):
        return sums
    counts, clicks = sums.counts.copy(), sums.clicks.copy()
    outer, reward = sums.outer.copy(), sums.reward.copy()
    for arm, parent in enumerate(parents):
        if parent is None or not sums.counts[parent]:
            continue
        share = min(prior.inherited_share, prior.inherited_limit / sums.counts[parent])
        counts[arm] += share * sums.counts[parent]
        clicks[arm] += share * sums.clicks[parent]
        outer[arm] += share * sums.outer[parent]
        reward[arm] += share * sums.reward[parent]
    return LinearSums(epoch=sums.epoch, counts=counts, clicks=clicks, outer=outer, reward=reward)
