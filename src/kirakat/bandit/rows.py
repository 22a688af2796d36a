"""Reductions over the arms of many decisions: numpy is slow along a short last axis."""

from __future__ import annotations

import numpy as np

from kirakat.bandit.sums import Floats


def row_sums(values: Floats) -> Floats:
    """(n, 1) sums of (n, K)."""
    return np.asarray(values @ np.ones((values.shape[1], 1)), np.float64)


def row_maxima(values: Floats) -> Floats:
    """(n, 1) maxima of (n, K)."""
    return np.asarray(np.ascontiguousarray(values.T).max(axis=0)[:, None], np.float64)
