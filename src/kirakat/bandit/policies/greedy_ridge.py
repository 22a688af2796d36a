"""The highest estimate, no exploration of its own (floors explore for it)."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.bandit.policies.scores import Scores, share_of_best
from kirakat.bandit.sums import Floats


@dataclass(frozen=True, kw_only=True)
class GreedyRidge:
    """The ready arm with the highest ridge estimate."""

    name: str = "greedy ridge"

    def probabilities(self, scores: Scores) -> Floats:
        """1 for the best arm of each row, shared by ties."""
        return share_of_best(scores.means, scores.ready)
