"""Fieller's interval of one ratio, such as cost per acquisition (CPA).

The delta method pretends that the denominator is known well; with few conversions it is not,
and the exact inversion is lopsided or has no upper end. Fieller (1954); Franz (2007),
"Ratios: A short guide to confidence limits and proper use", arXiv 0710.2024.
"""

from __future__ import annotations

import math

from kirakat.stats.estimate import NotEstimable
from kirakat.stats.intervals import Interval, normal_quantile
from kirakat.stats.sufficient import RatioSums

# Conversions on a side below which intervals of the denominator's inverse are resampled.
FEW = 50


def fieller(sums: RatioSums, confidence: float = 0.95) -> Interval | NotEstimable:
    """The ratio y/x of one group with its interval.

    "Not estimable" where the denominator may be 0: then no finite interval is right.
    """
    if sums.units < 2 or sums.x <= 0:
        return NotEstimable("fewer than two users, or nothing in the denominator")
    n, z2 = sums.units, normal_quantile(confidence) ** 2
    # Variances and covariance of the two means over users.
    scale = 1 / (n * (n - 1))
    var_y = (sums.yy - sums.y**2 / n) * scale
    var_x = (sums.xx - sums.x**2 / n) * scale
    cov = (sums.xy - sums.x * sums.y / n) * scale
    y, x = sums.y / n, sums.x / n
    a, b, c = x * x - z2 * var_x, x * y - z2 * cov, y * y - z2 * var_y
    if a <= 0:
        return NotEstimable("the denominator does not differ from 0: there is no finite interval")
    root = math.sqrt(max(b * b - a * c, 0.0))
    return Interval(value=sums.ratio, low=(b - root) / a, high=(b + root) / a)
