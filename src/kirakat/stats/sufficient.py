"""Sufficient statistics: small records that merge by addition, in any order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Proportion:
    """Successes among trials, such as clicks among impressions."""

    successes: float = 0.0
    trials: float = 0.0

    def __add__(self, other: Proportion) -> Proportion:
        return Proportion(
            successes=self.successes + other.successes, trials=self.trials + other.trials
        )

    @property
    def rate(self) -> float:
        """Successes per trial; 0 without a trial."""
        return self.successes / self.trials if self.trials else 0.0


@dataclass(frozen=True, kw_only=True)
class RatioSums:
    """Sums over units (shoppers) of a ratio metric: numerator y (clicks), denominator x."""

    # Number of units.
    units: float = 0.0
    y: float = 0.0
    x: float = 0.0
    yy: float = 0.0
    xx: float = 0.0
    xy: float = 0.0

    def __add__(self, other: RatioSums) -> RatioSums:
        return RatioSums(
            units=self.units + other.units,
            y=self.y + other.y,
            x=self.x + other.x,
            yy=self.yy + other.yy,
            xx=self.xx + other.xx,
            xy=self.xy + other.xy,
        )

    @property
    def ratio(self) -> float:
        """Sum of y over sum of x; 0 when x is 0."""
        return self.y / self.x if self.x else 0.0

    def relative_variance(self) -> float:
        """Variance of the logarithm of `ratio`, by the delta method over units.

        Infinite when it cannot be told: fewer than two units, or nothing counted.
        """
        if self.units < 2 or self.y <= 0 or self.x <= 0:
            return float("inf")
        r = self.ratio
        residual = max(self.yy - 2 * r * self.xy + r * r * self.xx, 0.0)
        return residual / self.y**2 * self.units / (self.units - 1)


def ratio_sums(y: NDArray[np.float64], x: NDArray[np.float64]) -> RatioSums:
    """The sums of per-unit totals `y` and `x`, both (units,)."""
    return RatioSums(
        units=float(len(y)),
        y=float(y.sum()),
        x=float(x.sum()),
        yy=float(y @ y),
        xx=float(x @ x),
        xy=float(x @ y),
    )


def cluster_totals(values: NDArray[np.float64], clusters: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sums of `values` (n,) by cluster label; one total a distinct label, sorted by label."""
    labels = np.unique(clusters, return_inverse=True)[1]
    return np.bincount(labels.reshape(-1), weights=values).astype(np.float64)
