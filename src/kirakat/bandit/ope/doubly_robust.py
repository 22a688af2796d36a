"""Doubly robust estimation (Dudik, Langford and Li, 2011) and its switching kind (Wang, Agarwal
and Dudik, 2017).
"""

from __future__ import annotations

import numpy as np

from kirakat.bandit.ope.estimate import Answer, Requirements
from kirakat.bandit.ope.log import LoggedRounds
from kirakat.bandit.ope.tally import Weighted, answer_once
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
    weighted = weigh_doubly_robust(rounds, target, expected)
    return answer_once("DR", rounds, target, weighted, requirements)


def switch_dr(
    rounds: LoggedRounds,
    target: Floats,
    expected: Floats,
    threshold: float = 20.0,
    requirements: Requirements | None = None,
) -> Answer:
    """DR, but decisions whose weight exceeds `threshold` are left to the reward model alone."""
    weighted = weigh_doubly_robust(rounds, target, expected, threshold)
    return answer_once("switch-DR", rounds, target, weighted, requirements)


def weigh_doubly_robust(
    rounds: LoggedRounds, target: Floats, expected: Floats, threshold: float = np.inf
) -> Weighted:
    """The weights of DR, 0 where they would exceed `threshold`, and the model's part."""
    raw = rounds.weights(target)
    weights = np.where(raw <= threshold, raw, 0.0)
    modelled = (target * expected).sum(axis=1)
    chosen = expected[np.arange(len(rounds)), rounds.arms]
    return Weighted(weights=weights, model=modelled - weights * chosen, size=float(len(rounds)))
