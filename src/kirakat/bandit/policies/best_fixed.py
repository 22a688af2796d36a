"""The best single prompt of the category, whoever looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kirakat.bandit.policies.scores import Scores, share_of_best
from kirakat.bandit.sums import Floats


@dataclass(frozen=True, kw_only=True)
class BestFixed:
    """The ready arm with the highest upper bound of its plain click rate (UCB, no context)."""

    exploration: float = 0.3
    # Impressions at the category's rate that every arm starts with.
    prior_impressions: float = 300.0
    name: str = "best fixed"

    def probabilities(self, scores: Scores) -> Floats:
        """1 for the best arm of each row."""
        evidence = scores.evidence + self.prior_impressions
        pooled = (scores.clicks.sum() + 0.5) / (scores.evidence.sum() + 50.0)
        rates = (scores.clicks + self.prior_impressions * pooled) / evidence
        bounds = rates + self.exploration * scores.noise / np.sqrt(evidence)
        return share_of_best(np.broadcast_to(bounds, scores.means.shape), scores.ready)
