"""Doubly robust estimation (Dudik, Langford and Li, 2011) and its switching kind (Wang, Agarwal
and Dudik, 2017).
"""

from __future__ import annotations

import numpy as np

from kirakat.bandit.ope.estimate import Answer, Requirements, Weighted, answer
from kirakat.bandit.ope.log import LoggedRounds
from kirakat.bandit.sums import Floats


def doubly_robust(
    rounds: LoggedRounds,
    target: Floats,
    expected: Floats,
    requirements: Requirements | None = None,
) -> Answer:
    """A reward model's value, corrected by the weighted residuals.

    `expected` (n, K) are click rates by a model that did not see the same rows (`cross_fit`).
    """
    return _estimate(rounds, target, expected, np.inf, "DR", requirements or Requirements())


def switch_dr(
    rounds: LoggedRounds,
    target: Floats,
    expected: Floats,
    threshold: float = 20.0,
    requirements: Requirements | None = None,
) -> Answer:
    """DR, but decisions whose weight exceeds `threshold` are left to the reward model alone."""
    limits = requirements or Requirements()
    return _estimate(rounds, target, expected, threshold, "switch-DR", limits)


def _estimate(
    rounds: LoggedRounds,
    target: Floats,
    expected: Floats,
    threshold: float,
    name: str,
    requirements: Requirements,
) -> Answer:
    raw = rounds.weights(target)
    weights = np.where(raw <= threshold, raw, 0.0)
    modelled = (target * expected).sum(axis=1)
    chosen = expected[np.arange(len(rounds)), rounds.arms]
    weighted = Weighted(
        estimator=name,
        weights=weights,
        model=modelled - weights * chosen,
        size=float(len(rounds)),
    )
    return answer(rounds, target, weighted, requirements)
