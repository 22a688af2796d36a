"""Compare a ratio metric of two groups of randomised users: relative and absolute.

Users are independent, their impressions are not: variances are those of the delta method over
users (Deng, Knoblich and Lu 2018, "Applying the Delta Method in Metric Analytics", eq. 4).
"""

from __future__ import annotations

import math

from kirakat.stats.estimate import Estimate, NotEstimable, Result, two_sided_p
from kirakat.stats.intervals import normal_quantile
from kirakat.stats.sufficient import RatioSums


def relative_lift(treated: RatioSums, control: RatioSums, confidence: float = 0.95) -> Result:
    """Relative change of the ratio: .15 is 15 % more. Standard error of the log ratio."""
    reason = why_no_lift(treated, control)
    if reason:
        return NotEstimable(reason)
    log_ratio, error = log_lift(treated, control)
    half = normal_quantile(confidence) * error
    return Estimate(
        value=math.expm1(log_ratio),
        low=math.expm1(log_ratio - half),
        high=math.expm1(log_ratio + half),
        p_value=two_sided_p(log_ratio / error),
        standard_error=error,
    )


def absolute_difference(treated: RatioSums, control: RatioSums, confidence: float = 0.95) -> Result:
    """Difference of the two ratios, in the ratio's own unit."""
    for name, sums in (("treated", treated), ("control", control)):
        if sums.units < 2 or sums.x <= 0:
            return NotEstimable(f"the {name} group has fewer than two users, or no denominator")
    error = math.sqrt(ratio_variance(treated) + ratio_variance(control))
    if error == 0:
        return NotEstimable("nothing varies between the users of either group")
    difference, half = treated.ratio - control.ratio, normal_quantile(confidence) * error
    return Estimate(
        value=difference,
        low=difference - half,
        high=difference + half,
        p_value=two_sided_p(difference / error),
        standard_error=error,
    )


def log_lift(treated: RatioSums, control: RatioSums) -> tuple[float, float]:
    """The log ratio and its standard error, of groups where `why_no_lift` says nothing."""
    variance = treated.relative_variance() + control.relative_variance()
    return math.log(treated.ratio / control.ratio), math.sqrt(variance)


def why_no_lift(treated: RatioSums, control: RatioSums) -> str:
    """Why a relative change cannot be told; empty when it can."""
    for name, sums in (("treated", treated), ("control", control)):
        if sums.units < 2:
            return f"the {name} group has fewer than two users"
        if sums.x <= 0:
            return f"the denominator of the {name} group is 0"
        if sums.y <= 0:
            return f"nothing was counted in the {name} group"
    if treated.relative_variance() + control.relative_variance() <= 0:
        return "nothing varies between the users of either group"
    return ""


def ratio_variance(sums: RatioSums) -> float:
    """Variance of the ratio itself, over users; at least two users and a denominator."""
    ratio = sums.ratio
    residual = max(sums.yy - 2 * ratio * sums.xy + ratio * ratio * sums.xx, 0.0)
    return residual / sums.x**2 * sums.units / (sums.units - 1)
