"""The highest estimate, and any ready arm every so often."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.bandit.policies.scores import Scores, share_of_best, uniform_over
from kirakat.bandit.sums import Floats


@dataclass(frozen=True, kw_only=True)
class EpsilonGreedy:
    """A share `epsilon` of the decisions is uniform, the rest greedy."""

    epsilon: float = 0.05
    name: str = "epsilon-greedy"

    def probabilities(self, scores: Scores) -> Floats:
        """(1 - epsilon) greedy + epsilon uniform."""
        greedy = share_of_best(scores.means, scores.ready)
        return (1.0 - self.epsilon) * greedy + self.epsilon * uniform_over(scores.ready)
