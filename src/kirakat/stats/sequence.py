"""Confidence sequences: intervals that hold at every look, however often one looks.

Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), "Time-uniform central limit theory and
asymptotic confidence sequences", Annals of Statistics 52(6), arXiv 2103.06476: theorem 2.2 with
the normal mixture, tuned by `mixture_width` to be tightest at the planned size (appendix B.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from kirakat.stats.compare import log_lift, why_no_lift
from kirakat.stats.estimate import Estimate, NotEstimable, Result
from kirakat.stats.sufficient import RatioSums


@dataclass(frozen=True, kw_only=True)
class Limits:
    """One look of a confidence sequence."""

    low: float
    high: float
    # Valid at every look: below .05 at any of them is an error in 5 % of all experiments.
    p_value: float


def confidence_sequence(
    value: float, standard_error: float, units: float, *, planned_units: float,
    confidence: float = 0.95,
) -> Limits:  # fmt: skip
    """The look after `units` users at an estimate that is asymptotically a mean over users.

    `planned_units` = users after which the sequence is tightest; both of all groups together.
    """
    width2 = mixture_width(planned_units, confidence) ** 2 * units
    half = standard_error * math.sqrt(
        (width2 + 1) / width2 * (math.log(width2 + 1) - 2 * math.log(1 - confidence))
    )
    z2 = (value / standard_error) ** 2
    log_evidence = z2 * width2 / (2 * (width2 + 1)) - math.log(width2 + 1) / 2
    p_value = math.exp(-max(log_evidence, 0.0))
    return Limits(low=value - half, high=value + half, p_value=p_value)


def mixture_width(planned_units: float, confidence: float = 0.95) -> float:
    """The mixture's standard deviation that makes the sequence tightest at the planned size.

    Exact by Lambert's W at -alpha^2/e, lower branch.
    """
    level = (1 - confidence) ** 2
    return math.sqrt((-special.lambertw(-level / math.e, -1).real - 1) / planned_units)


def sequential_lift(
    treated: RatioSums,
    control: RatioSums,
    *,
    planned_units: float,
    confidence: float = 0.95,
    least_units: float = 100,
) -> Result:
    """Relative change whose interval and p-value hold at every look; see `confidence_sequence`.

    Nothing is said before each group has `least_units` users: the theory is asymptotic.
    """
    reason = why_no_lift(treated, control)
    if not reason and min(treated.units, control.units) < least_units:
        reason = f"a group has fewer than {least_units:.0f} users: too early to look"
    if reason:
        return NotEstimable(reason)
    log_ratio, error = log_lift(treated, control)
    limits = confidence_sequence(
        log_ratio, error, treated.units + control.units,
        planned_units=planned_units, confidence=confidence,
    )  # fmt: skip
    return Estimate(
        value=math.expm1(log_ratio),
        low=math.expm1(limits.low),
        high=math.expm1(limits.high),
        p_value=limits.p_value,
        standard_error=error,
    )
