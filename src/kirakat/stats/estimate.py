"""What an estimator answers: an estimate, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from scipy import special


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An estimate with its interval and the test that nothing differs."""

    value: float
    low: float
    high: float
    # Two-sided, of the hypothesis that there is no difference.
    p_value: float
    # On the scale on which the interval is symmetric; each estimator says which.
    standard_error: float
    # What the reader must know before believing it.
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotEstimable:
    """There is no answer, for a reason; never a number that stands for one."""

    reason: str


Result: TypeAlias = Estimate | NotEstimable


def two_sided_p(z: float) -> float:
    """Probability that a standard normal is at least as far from 0 as `z`."""
    return float(2 * special.ndtr(-abs(z)))
