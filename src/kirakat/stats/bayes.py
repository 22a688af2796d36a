"""Bayesian answers to "is it better, and what do we lose if we are wrong?"

The log ratio is normal by its delta-method error, its prior is normal around no change; the
posterior of the ratio is then lognormal, and the expected loss is a closed form.
Stucchio (2015), "Bayesian A/B Testing at VWO", for the decision rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from kirakat.stats.compare import log_lift, why_no_lift
from kirakat.stats.estimate import NotEstimable
from kirakat.stats.intervals import normal_quantile
from kirakat.stats.sufficient import RatioSums

# Standard deviation of log lifts believed possible beforehand: two thirds lie within 35 %.
PRIOR_DEVIATION = 0.3


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """What is believed of the relative change after the data."""

    # Probability that the treated group is better.
    chance_to_win: float
    # Expected relative loss against control if the treated group is chosen.
    loss_if_chosen: float
    # The same if control is kept: what would be missed.
    loss_if_kept: float
    # Median of the relative change, with its credible interval.
    value: float
    low: float
    high: float


def bayesian_lift(
    treated: RatioSums,
    control: RatioSums,
    *,
    prior_deviation: float = PRIOR_DEVIATION,
    confidence: float = 0.95,
) -> Posterior | NotEstimable:
    """The posterior of the relative change, for metrics of which more is better."""
    reason = why_no_lift(treated, control)
    if reason:
        return NotEstimable(reason)
    log_ratio, error = log_lift(treated, control)
    weight = prior_deviation**2 / (prior_deviation**2 + error**2)
    mean, deviation = weight * log_ratio, math.sqrt(weight) * error
    half = normal_quantile(confidence) * deviation
    growth = math.exp(mean + deviation**2 / 2)
    shift = mean / deviation
    return Posterior(
        chance_to_win=float(special.ndtr(shift)),
        # E[max(1 - e^t, 0)] and E[max(e^t - 1, 0)] of a normal t.
        loss_if_chosen=float(special.ndtr(-shift) - growth * special.ndtr(-shift - deviation)),
        loss_if_kept=float(growth * special.ndtr(shift + deviation) - special.ndtr(shift)),
        value=math.expm1(mean),
        low=math.expm1(mean - half),
        high=math.expm1(mean + half),
    )
