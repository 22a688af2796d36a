"""CUPED for ratio metrics: what users did before explains part of what they do now.

Deng, Xu, Kohavi and Walker (2013), "Improving the Sensitivity of Online Controlled Experiments
by Utilizing Pre-Experiment Data", with the delta method for both ratios (its appendix B).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kirakat.stats.estimate import Estimate, NotEstimable, Result, two_sided_p
from kirakat.stats.intervals import normal_quantile
from kirakat.stats.moments import Moments

# Columns: numerator and denominator now, then before the experiment.
Y, X, Y_BEFORE, X_BEFORE = range(4)


def cuped_lift(treated: Moments, control: Moments, confidence: float = 0.95) -> Result:
    """Relative change of y/x, adjusted by the same ratio before the start of the experiment.

    Users who are new have zeros before. Standard error of the log ratio.
    """
    both = treated + control
    if min(treated.units, control.units) < 2:
        return NotEstimable("a group has fewer than two users")
    if min(treated.sums[X], control.sums[X]) <= 0:
        return NotEstimable("the denominator of a group is 0")
    if min(group.sums[X_BEFORE] for group in (treated, control)) <= 0:
        return NotEstimable("nothing is known of a group before the experiment")
    slope, before = _slope(both), both.sums[Y_BEFORE] / both.sums[X_BEFORE]
    ratios = [_adjusted(group, slope, before) for group in (treated, control)]
    if min(ratios) <= 0:
        return NotEstimable("an adjusted ratio is not positive")
    variance = sum(
        _variance(group, slope) / (group.units * ratio * ratio)
        for group, ratio in zip((treated, control), ratios, strict=True)
    )
    if variance <= 0:
        return NotEstimable("nothing varies between the users of either group")
    log_ratio, error = math.log(ratios[0] / ratios[1]), math.sqrt(variance)
    half = normal_quantile(confidence) * error
    return Estimate(
        value=math.expm1(log_ratio),
        low=math.expm1(log_ratio - half),
        high=math.expm1(log_ratio + half),
        p_value=two_sided_p(log_ratio / error),
        standard_error=error,
    )


def variance_removed(both: Moments) -> float:
    """Share of the metric's variance that the adjustment takes away, from 0 to 1."""
    now, _, _ = _ratio_covariance(both)
    return 1 - _variance(both, _slope(both)) / now if now > 0 else 0.0


def _slope(both: Moments) -> float:
    _, shared, before = _ratio_covariance(both)
    return shared / before if before > 0 else 0.0


def _adjusted(group: Moments, slope: float, before: float) -> float:
    now = group.sums[Y] / group.sums[X]
    return float(now - slope * (group.sums[Y_BEFORE] / group.sums[X_BEFORE] - before))


def _variance(group: Moments, slope: float) -> float:
    """Variance over users of the adjusted ratio, of one user."""
    now, shared, before = _ratio_covariance(group)
    return now - 2 * slope * shared + slope * slope * before


def _ratio_covariance(group: Moments) -> tuple[float, float, float]:
    """Delta-method variance of the ratio now, its covariance with, and the variance of, before."""
    means, covariance = group.means(), group.covariance()
    now = _gradient(means, Y, X)
    before = _gradient(means, Y_BEFORE, X_BEFORE)
    return (
        float(now @ covariance @ now),
        float(now @ covariance @ before),
        float(before @ covariance @ before),
    )


def _gradient(means: NDArray[np.float64], numerator: int, denominator: int) -> NDArray[np.float64]:
    gradient = np.zeros(len(means))
    gradient[numerator] = 1 / means[denominator]
    gradient[denominator] = -means[numerator] / means[denominator] ** 2
    return gradient
