"""Metrics counted once a user, as ratio metrics whose denominator is 1 a user."""

from __future__ import annotations

from kirakat.stats.sufficient import RatioSums


def per_unit(units: float, total: float, squares: float) -> RatioSums:
    """A mean over users, such as conversions or revenue a user.

    `total` = sum of the users' totals, `squares` = sum of their squares.
    """
    return RatioSums(units=units, y=total, x=units, yy=squares, xx=units, xy=total)


def share_of_units(units: float, successes: float) -> RatioSums:
    """The share of users who did it at least once, such as the conversion rate."""
    return per_unit(units, successes, successes)
