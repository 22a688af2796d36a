"""The two-proportion z test over impressions, which is wrong where users come back."""

from __future__ import annotations

import math

from kirakat.stats.estimate import Estimate, NotEstimable, Result, two_sided_p
from kirakat.stats.intervals import normal_quantile
from kirakat.stats.sufficient import Proportion

WARNING = (
    "Counts impressions as if each were another user's: where users differ or come back, the "
    "interval is too narrow and the p-value too small. For comparison only."
)


def event_level(treated: Proportion, control: Proportion, confidence: float = 0.95) -> Result:
    """Difference of two proportions: pooled z test, interval of Wald. It always warns."""
    trials = (treated.trials, control.trials)
    if min(trials) <= 0:
        return NotEstimable("a group has no impression")
    pooled = (treated + control).rate
    if not 0 < pooled < 1:
        return NotEstimable("no impression, or every one, was clicked")
    difference = treated.rate - control.rate
    shared = math.sqrt(pooled * (1 - pooled) * (1 / trials[0] + 1 / trials[1]))
    error = math.sqrt(_variance(treated) + _variance(control))
    half = normal_quantile(confidence) * error
    return Estimate(
        value=difference,
        low=difference - half,
        high=difference + half,
        p_value=two_sided_p(difference / shared),
        standard_error=error,
        warnings=(WARNING,),
    )


def _variance(counts: Proportion) -> float:
    return counts.rate * (1 - counts.rate) / counts.trials
