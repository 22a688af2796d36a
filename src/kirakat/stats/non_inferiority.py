"""Guardrails: is a metric worse by less than the margin that was agreed beforehand?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from kirakat.stats.compare import log_lift, why_no_lift
from kirakat.stats.estimate import NotEstimable
from kirakat.stats.sufficient import RatioSums


@dataclass(frozen=True, kw_only=True)
class NonInferiority:
    """Answer of the one-sided test."""

    # Whether a loss of the margin or more is ruled out.
    holds: bool
    # Relative change that is not worse than this, at the confidence: lower end where more is
    # better, upper end where less is.
    bound: float
    # Of the hypothesis that the loss is the margin or more.
    p_value: float
    # Relative change that was seen.
    value: float


def non_inferiority(
    treated: RatioSums,
    control: RatioSums,
    *,
    margin: float,
    is_higher_better: bool = True,
    confidence: float = 0.95,
) -> NonInferiority | NotEstimable:
    """One-sided test on the log ratio; `margin` .02 allows a metric to be 2 % worse.

    Wellek (2010), "Testing Statistical Hypotheses of Equivalence and Noninferiority".
    """
    reason = why_no_lift(treated, control)
    if reason:
        return NotEstimable(reason)
    log_ratio, error = log_lift(treated, control)
    sign = 1.0 if is_higher_better else -1.0
    worst = math.log1p(-margin) if is_higher_better else math.log1p(margin)
    bound = log_ratio - sign * float(special.ndtri(confidence)) * error
    p_value = float(special.ndtr(-sign * (log_ratio - worst) / error))
    return NonInferiority(
        holds=p_value < 1 - confidence,
        bound=math.expm1(bound),
        p_value=p_value,
        value=math.expm1(log_ratio),
    )
