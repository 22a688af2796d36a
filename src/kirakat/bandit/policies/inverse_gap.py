"""Inverse-gap weighting: Foster and Rakhlin (2020), SquareCB."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kirakat.bandit.policies.scores import Scores
from kirakat.bandit.sums import Floats


@dataclass(frozen=True, kw_only=True)
class InverseGap:
    """An arm's probability falls with its gap to the best estimate.

    gamma = strength sqrt(K n / d) / noise, the paper's rate for a linear regression oracle whose
    squared error is noise^2 d / n after n decisions.
    """

    strength: float = 20.0
    name: str = "inverse gap"

    def probabilities(self, scores: Scores) -> Floats:
        """1 / (K + gamma gap) for all but the best arm, which takes what is left."""
        ready = scores.ready
        arms = ready.sum(axis=1, keepdims=True)
        seen = max(float(scores.evidence.sum()), 1.0)
        gamma = self.strength * np.sqrt(arms * seen / scores.dimension) / scores.noise
        means = np.where(ready, scores.means, -np.inf)
        rows = np.arange(len(means))
        best = means.argmax(axis=1)
        gaps = np.where(ready, means[rows, best][:, None] - scores.means, 0.0)
        share = np.where(ready, 1.0 / (arms + gamma * gaps), 0.0)
        share[rows, best] = 0.0
        share[rows, best] = 1.0 - share.sum(axis=1)
        return np.asarray(share, np.float64)
