"""From a policy's wish to the distribution that is drawn from and logged.

Floors and caps are mixed in before logging, so the propensity of the log is the probability that
was used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kirakat.bandit.errors import BanditError
from kirakat.bandit.policies.scores import uniform_over
from kirakat.bandit.rows import row_sums
from kirakat.bandit.sums import Floats

# Logged probabilities are whole multiples of 2^-40, whose sums floats hold exactly.
UNITS = 1 << 40


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """Limits of what any arm may be shown."""

    # Share of the decisions spread evenly over the ready arms.
    floor: float = 0.02
    # Highest share of any one arm; 1: none.
    cap: float = 1.0
    # Arms with fewer decisions than this are cold, and each has at most the share beside it.
    cold_decisions: float = 500.0
    cold_cap: float = 0.1

    def __post_init__(self) -> None:
        if not 0.0 <= self.floor <= 1.0 or not 0.0 < self.cap <= 1.0 or self.cold_cap <= 0.0:
            raise BanditError("exposure shares must lie in [0, 1]; caps above 0", exposure=self)


def limited(
    wished: Floats, ready: NDArray[np.bool_], evidence: Floats, exposure: Exposure
) -> Floats:
    """(n, K) `wished` with floor and caps applied; rows still sum to 1.

    What a cap takes away goes to the uncapped arms in proportion to their shares. A cap never
    undercuts an even share, and where only cold arms are ready their cap does not bind.
    """
    even = uniform_over(ready)
    mixed = (1.0 - exposure.floor) * wished + exposure.floor * even
    cold = ready & (evidence < exposure.cold_decisions)
    if exposure.cap >= 1.0 and not cold.any():
        return mixed
    some_warm = (ready & ~cold).any(axis=1, keepdims=True)
    caps = np.where(cold & some_warm, min(exposure.cold_cap, exposure.cap), exposure.cap)
    # An even share of the floor must fit under every cap, and all caps together must hold 1.
    caps = np.maximum(caps, exposure.floor * even)
    caps = np.where(ready, caps, 0.0)
    room = row_sums(caps)
    caps = np.where(room < 1.0, np.where(ready, np.maximum(caps, even), 0.0), caps)
    return _cut_to(mixed, caps)


def _cut_to(shares: Floats, caps: Floats) -> Floats:
    """Shares under their caps, the excess handed to arms with room; at most K rounds."""
    result = shares
    for _ in range(shares.shape[1]):
        excess = row_sums(np.maximum(result - caps, 0.0))
        if not (excess > 1e-15).any():
            break
        result = np.minimum(result, caps)
        open_to = result < caps - 1e-15
        weight = np.where(open_to, np.maximum(result, 1e-12), 0.0)
        total = row_sums(weight)
        result = result + excess * weight / np.where(total > 0.0, total, 1.0)
    return np.asarray(result / row_sums(result), np.float64)


def exact(probabilities: Floats) -> Floats:
    """(K,) rounded to multiples of 2^-40 that sum to exactly 1; what is 0 stays 0."""
    units = np.floor(probabilities * UNITS).astype(np.int64)
    units[int(probabilities.argmax())] += UNITS - int(units.sum())
    return units / UNITS
