"""A random prompt for every impression: the paper's control."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.bandit.policies.scores import Scores, uniform_over
from kirakat.bandit.sums import Floats


@dataclass(frozen=True, kw_only=True)
class Uniform:
    """Every ready arm alike."""

    name: str = "uniform"

    def probabilities(self, scores: Scores) -> Floats:
        """1 / ready arms."""
        return uniform_over(scores.ready)
