"""P-values of many questions at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values that hold the false discovery rate (Benjamini and Hochberg 1995)."""
    p = np.asarray(p_values, np.float64)
    order = np.argsort(p)[::-1]
    ranks = np.arange(len(p), 0, -1)
    adjusted = np.minimum.accumulate(p[order] * len(p) / ranks) if len(p) else p
    return _in_order(adjusted, order)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values that hold the family-wise error rate (Holm 1979)."""
    p = np.asarray(p_values, np.float64)
    order = np.argsort(p)
    factors = np.arange(len(p), 0, -1)
    adjusted = np.maximum.accumulate(p[order] * factors) if len(p) else p
    return _in_order(adjusted, order)


def _in_order(adjusted: NDArray[np.float64], order: NDArray[np.int64]) -> list[float]:
    back = np.empty_like(adjusted)
    back[order] = np.minimum(adjusted, 1.0)
    values: list[float] = back.tolist()
    return values
