"""The highest upper confidence bound: the choice of Li et al. (2010), line 11 of Algorithm 1."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.bandit.policies.scores import Scores, share_of_best
from kirakat.bandit.sums import Floats


@dataclass(frozen=True, kw_only=True)
class LinUCB:
    """Estimate plus `exploration` standard deviations.

    The width is scaled by sqrt(p (1 - p)) of the click rate p (about .14 at 2 %): the paper's
    bound supposes rewards spread over [0, 1] and explores far too much at the rates of ads.
    """

    exploration: float = 1.0
    name: str = "LinUCB"

    def probabilities(self, scores: Scores) -> Floats:
        """1 for the best arm of each row, shared by ties."""
        bounds = scores.means + self.exploration * scores.noise * scores.widths
        return share_of_best(bounds, scores.ready)
