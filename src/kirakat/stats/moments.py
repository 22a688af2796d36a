"""Sums and products of several totals of each user; they merge by addition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """First and second moments of k columns over users."""

    units: float
    # (k,)
    sums: NDArray[np.float64]
    # (k, k): sum over users of column i times column j.
    products: NDArray[np.float64]

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            units=self.units + other.units,
            sums=self.sums + other.sums,
            products=self.products + other.products,
        )

    def means(self) -> NDArray[np.float64]:
        """(k,)"""
        return self.sums / self.units

    def covariance(self) -> NDArray[np.float64]:
        """(k, k) sample covariance over users; at least two users."""
        centred = self.products - np.outer(self.sums, self.sums) / self.units
        return centred / (self.units - 1)


def moments(columns: NDArray[np.float64]) -> Moments:
    """The moments of `columns` (users, k)."""
    return Moments(
        units=float(len(columns)), sums=columns.sum(axis=0), products=columns.T @ columns
    )
