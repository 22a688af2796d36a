"""Confidence intervals for the quantities that click data give."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special, stats

from kirakat.stats.sufficient import Proportion, RatioSums


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate with the limits of its confidence interval."""

    value: float
    low: float
    high: float

    def overlaps(self, other: Interval) -> bool:
        """Whether the two have a point in common."""
        return self.low <= other.high and other.low <= self.high


def normal_quantile(confidence: float) -> float:
    """The two-sided standard normal quantile, such as 1.96 for .95."""
    return float(special.ndtri(0.5 + confidence / 2))


def wilson(counts: Proportion, confidence: float = 0.95) -> Interval:
    """Wilson's score interval (1927) of a proportion; [0, 1] without a trial."""
    if not counts.trials:
        return Interval(value=0.0, low=0.0, high=1.0)
    z, n, p = normal_quantile(confidence), counts.trials, counts.rate
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = 0.0 if counts.successes == 0 else max(centre - half, 0.0)
    high = 1.0 if counts.successes == n else min(centre + half, 1.0)
    return Interval(value=p, low=low, high=high)


def lift(treated: RatioSums, control: RatioSums, confidence: float = 0.95) -> Interval | None:
    """Relative lift of two ratio metrics: log ratio, delta method over units.

    None where it cannot be told (no click, or fewer than two units, on either side).
    """
    variance = treated.relative_variance() + control.relative_variance()
    if not math.isfinite(variance):
        return None
    log_ratio = math.log(treated.ratio / control.ratio)
    half = normal_quantile(confidence) * math.sqrt(variance)
    return Interval(
        value=math.expm1(log_ratio),
        low=math.expm1(log_ratio - half),
        high=math.expm1(log_ratio + half),
    )


def weighted_poisson(
    total: float, squares: float, largest: float, confidence: float = 0.95
) -> Interval:
    """Limits of a weighted sum of Poisson counts that hold when few of them occurred.

    Fay and Feuer (1997), gamma limits: `total` = sum of weights over what occurred, `squares` =
    sum of their squares, `largest` = the largest weight that could have occurred. With equal
    weights it is the exact interval of Garwood (1936).
    """
    tail = (1 - confidence) / 2
    low = 0.0
    if total > 0:
        low = squares / (2 * total) * float(stats.chi2.ppf(tail, 2 * total**2 / squares))
    upper_total, upper_squares = total + largest, squares + largest**2
    if upper_total <= 0:
        return Interval(value=total, low=low, high=float("inf"))
    freedom = 2 * upper_total**2 / upper_squares
    high = upper_squares / (2 * upper_total) * float(stats.chi2.ppf(1 - tail, freedom))
    return Interval(value=total, low=low, high=high)


def mean_interval(values: list[float], confidence: float = 0.95) -> Interval:
    """Student's interval of the mean of independent runs; at least two values."""
    n = len(values)
    mean = math.fsum(values) / n
    deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1))
    half = float(stats.t.ppf(0.5 + confidence / 2, n - 1)) * deviation / math.sqrt(n)
    return Interval(value=mean, low=mean - half, high=mean + half)
