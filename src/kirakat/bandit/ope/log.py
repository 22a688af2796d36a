"""A log as estimators see it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kirakat.bandit.errors import BanditError
from kirakat.bandit.sums import Floats, Indices


@dataclass(frozen=True, kw_only=True)
class LoggedRounds:
    """n decisions of a logging policy over K arms, with their outcome."""

    # (n,) chosen arm, click, and the propensity that was logged.
    arms: Indices
    rewards: Floats
    propensities: Floats
    # (n, K) arms that the logging policy gave a probability above 0 (ready, not capped away).
    supported: NDArray[np.bool_]
    # (n,) what may be correlated within: shopper, or session; a label of its own where unknown.
    clusters: Indices

    def __post_init__(self) -> None:
        n = len(self.arms)
        lengths = {len(self.rewards), len(self.propensities), len(self.supported)}
        if lengths | {len(self.clusters)} != {n}:
            raise BanditError("the columns of a log differ in length")
        if n and not (self.propensities > 0.0).all():
            raise BanditError("a logged propensity is 0: such a row cannot have been drawn")

    def __len__(self) -> int:
        return len(self.arms)

    def labelled(self, clusters: Indices) -> LoggedRounds:
        """The same decisions with other labels of clusters."""
        return replace(self, clusters=clusters)

    def only(self, rows: NDArray[np.bool_]) -> LoggedRounds:
        """Some of the decisions, by a mask (n,)."""
        return LoggedRounds(
            arms=self.arms[rows],
            rewards=self.rewards[rows],
            propensities=self.propensities[rows],
            supported=self.supported[rows],
            clusters=self.clusters[rows],
        )

    def weights(self, target: Floats) -> Floats:
        """(n,) target probability of the chosen arm over its propensity."""
        return np.asarray(target[np.arange(len(self)), self.arms] / self.propensities)
