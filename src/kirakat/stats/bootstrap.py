"""Bootstrap over blocks of users, for ratios whose denominator counts few events.

Users are put into blocks by a hash of their id; the totals of a block are its sufficient
statistics, and whole blocks are drawn again. Blocks of one user are the user bootstrap of Efron
(1979); with several hundred blocks the two agree (Efron and Tibshirani 1993, ch. 8).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kirakat.stats.estimate import Estimate, NotEstimable, Result

_LEAST_BLOCKS = 20
# Draws of which the denominator may be 0 before the interval is given up.
_MOST_EMPTY = 0.01


@dataclass(frozen=True, kw_only=True, eq=False)
class Blocks:
    """Totals of numerator and denominator by block of users, both (blocks,)."""

    y: NDArray[np.float64]
    x: NDArray[np.float64]

    @property
    def ratio(self) -> float:
        """Sum of y over sum of x; 0 when x is 0."""
        total = float(self.x.sum())
        return float(self.y.sum()) / total if total else 0.0


def bootstrap_lift(
    treated: Blocks,
    control: Blocks,
    *,
    seed: int,
    draws: int = 2_000,
    confidence: float = 0.95,
) -> Result:
    """Relative change of the ratio, by percentiles of the log ratio; the seed fixes the draws.

    The p-value is twice the share of draws beyond no change, with one draw added (Davison and
    Hinkley 1997, eq. 4.11). The standard error is that of the log ratio.
    """
    reason = _why_not(treated, control)
    if reason:
        return NotEstimable(reason)
    random = np.random.default_rng(seed)
    ours, theirs = (_log_ratios(group, draws, random) for group in (treated, control))
    is_known = np.isfinite(ours) & np.isfinite(theirs)
    known = ours[is_known] - theirs[is_known]
    if len(known) < (1 - _MOST_EMPTY) * draws:
        return NotEstimable("too few events: some draws have none at all")
    tail = (1 - confidence) / 2
    low, high = np.expm1(np.quantile(known, [tail, 1 - tail])).tolist()
    beyond = min(int((known <= 0).sum()), int((known >= 0).sum()))
    return Estimate(
        value=treated.ratio / control.ratio - 1,
        low=low,
        high=high,
        p_value=min(1.0, 2 * (beyond + 1) / (len(known) + 1)),
        standard_error=float(known.std(ddof=1)),
    )


def _why_not(treated: Blocks, control: Blocks) -> str:
    for name, blocks in (("treated", treated), ("control", control)):
        if len(blocks.y) < _LEAST_BLOCKS:
            return f"the {name} group has fewer than {_LEAST_BLOCKS} blocks of users"
        if blocks.x.sum() <= 0 or blocks.y.sum() <= 0:
            return f"nothing was counted in the {name} group"
    return ""


def _log_ratios(blocks: Blocks, draws: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Log ratio of each draw, (draws,); not finite where a draw caught nothing."""
    count = len(blocks.y)
    times = random.multinomial(count, np.full(count, 1 / count), size=draws).astype(np.float64)
    y, x = times @ blocks.y, times @ blocks.x
    with np.errstate(divide="ignore", invalid="ignore"):
        logs: NDArray[np.float64] = np.log(y) - np.log(x)
    return logs
