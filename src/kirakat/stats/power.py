"""What a test can find: power, sample size, and the smallest lift within reach.

All on the log ratio, two-sided, for users in two groups of sizes n and `allocation` x n. The
variance comes from past users (`unit_variance`), so it holds the design effect already.
"""

from __future__ import annotations

import math

from scipy import optimize, special

from kirakat.stats.estimate import NotEstimable
from kirakat.stats.sufficient import RatioSums

_MOST_UNITS = 1e15


def unit_variance(past: RatioSums) -> float | NotEstimable:
    """Variance of the log ratio that one user alone would give, from the totals of past users."""
    variance = past.relative_variance() * past.units
    if not 0 < variance < math.inf:
        return NotEstimable("fewer than two past users, or nothing counted, or no variation")
    return variance


def unit_variance_of_rate(rate: float, impressions_a_user: float, effect: float = 1.0) -> float:
    """The same without past data: a click rate, impressions a user and a design effect."""
    return effect * (1 - rate) / (rate * impressions_a_user)


def power(
    lift: float, variance: float, units: float, *, alpha: float = 0.05, allocation: float = 1.0
) -> float:
    """Probability to find a relative change `lift` with `units` users in the smaller group."""
    deviation = math.sqrt(variance / units * (1 + 1 / allocation))
    distance, edge = math.log1p(lift) / deviation, float(special.ndtri(1 - alpha / 2))
    return float(special.ndtr(distance - edge) + special.ndtr(-distance - edge))


def sample_size(
    lift: float,
    variance: float,
    *,
    power_wanted: float = 0.8,
    alpha: float = 0.05,
    allocation: float = 1.0,
) -> float | NotEstimable:
    """Users in the first group that find `lift` with the wanted power; not rounded."""
    if lift == 0 or lift <= -1:
        return NotEstimable("a lift of 0, or of -100 % and less, needs no size")

    def lacking(log_units: float) -> float:
        units = math.exp(log_units)
        return power_wanted - power(lift, variance, units, alpha=alpha, allocation=allocation)

    if lacking(0.0) <= 0:
        return 1.0
    if lacking(math.log(_MOST_UNITS)) > 0:
        return NotEstimable("no number of users is enough")
    return math.exp(optimize.brentq(lacking, 0.0, math.log(_MOST_UNITS), xtol=1e-13))


def detectable_lift(
    variance: float,
    units: float,
    *,
    power_wanted: float = 0.8,
    alpha: float = 0.05,
    allocation: float = 1.0,
) -> float | NotEstimable:
    """The smallest rise that `units` users in the first group find with the wanted power."""

    def lacking(log_lift: float) -> float:
        lift = math.expm1(log_lift)
        return power_wanted - power(lift, variance, units, alpha=alpha, allocation=allocation)

    most = 20.0
    if lacking(most) > 0:
        return NotEstimable("too few users for any rise")
    return math.expm1(optimize.brentq(lacking, 0.0, most, xtol=1e-14))
