"""What one pass over an event log gives: sums by variant, and what was wrong with the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

import numpy as np

from kirakat.stats.bootstrap import Blocks
from kirakat.stats.moments import Moments
from kirakat.stats.sufficient import RatioSums

Quantity = Literal[
    "impressions", "clicks", "conversions", "revenue", "cost",
    "impressions_before", "clicks_before",
]  # fmt: skip
# The columns of `VariantSums.moments`, in this order.
QUANTITIES: Final[tuple[Quantity, ...]] = (
    "impressions", "clicks", "conversions", "revenue", "cost",
    "impressions_before", "clicks_before",
)  # fmt: skip
Dimension = Literal["catalog", "placement", "category", "photo_quality", "photo_composition"]
DIMENSIONS: Final[tuple[Dimension, ...]] = (
    "catalog", "placement", "category", "photo_quality", "photo_composition",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LogQuestion:
    """Which experiment is read, and which rows count."""

    experiment: str
    # Control first, as in the definition.
    variants: tuple[str, ...]
    # Impressions from `start` to before `end` count, UTC.
    start: datetime
    end: datetime
    # What units did in so many days before the start explains part of what they do later.
    covariate_days: int = 28
    # A unit with more impressions is no shopper; it is left out in every variant.
    most_impressions: int = 20_000


@dataclass(frozen=True, kw_only=True)
class LogWarning:
    """Something that is wrong with a log, how often, and what was done about it."""

    kind: str
    count: int
    message: str


@dataclass(frozen=True, kw_only=True, eq=False)
class VariantSums:
    """One variant's users."""

    # Over users; columns are `QUANTITIES`.
    moments: Moments
    # Users who converted at least once.
    converting_units: int
    # Cost and conversions by block of users.
    cost_blocks: Blocks
    # Impressions by treatment shown.
    served: Mapping[str, int]
    # Impressions that repeat what the session saw.
    repeats: int

    @property
    def units(self) -> int:
        """Users."""
        return int(self.moments.units)

    def total(self, quantity: Quantity) -> float:
        """Sum over users."""
        return float(self.moments.sums[QUANTITIES.index(quantity)])

    def ratio(self, numerator: Quantity, denominator: Quantity | None = None) -> RatioSums:
        """The sums of a ratio metric; without a denominator of the mean over users."""
        units, sums, products = self.moments.units, self.moments.sums, self.moments.products
        y = QUANTITIES.index(numerator)
        if denominator is None:
            total = float(sums[y])
            return RatioSums(
                units=units, y=total, x=units, yy=float(products[y, y]), xx=units, xy=total
            )
        x = QUANTITIES.index(denominator)
        return RatioSums(
            units=units,
            y=float(sums[y]),
            x=float(sums[x]),
            yy=float(products[y, y]),
            xx=float(products[x, x]),
            xy=float(products[x, y]),
        )

    def with_covariates(self) -> Moments:
        """Clicks and impressions now and before, in the order of `stats.cuped`."""
        names: tuple[Quantity, ...] = (
            "clicks", "impressions", "clicks_before", "impressions_before",
        )  # fmt: skip
        picked = [QUANTITIES.index(name) for name in names]
        return Moments(
            units=self.moments.units,
            sums=self.moments.sums[picked],
            products=self.moments.products[np.ix_(picked, picked)],
        )


# Click-through rate by variant.
ByVariant = Mapping[str, RatioSums]


@dataclass(frozen=True, kw_only=True, eq=False)
class LogSums:
    """An experiment's log as sufficient statistics."""

    question: LogQuestion
    variants: Mapping[str, VariantSums]
    # By dimension and value.
    slices: Mapping[Dimension, Mapping[str, ByVariant]]
    # From the start to the end of each day, in the order of time.
    until: Mapping[date, ByVariant]
    # Photo qualities, 0 to 1, that part the impressions into thirds; None: not known of any.
    quality_cuts: tuple[float, float] | None
    # Impressions for which all variants were ready; None where that is not known of all.
    triggered: ByVariant | None
    # All units, and those that saw several variants (and are left out).
    units: int
    units_in_several: int
    # First and last impression that counts; None without any.
    first: datetime | None
    last: datetime | None
    warnings: tuple[LogWarning, ...]
