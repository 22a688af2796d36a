"""The coverage that a file brings along."""

from __future__ import annotations

import numpy as np

from kirakat.types import Alpha

# Least share of the picture that must be product, and that must be ground.
_LEAST = 0.005


def is_meaningful(alpha: Alpha | None) -> bool:
    """Whether an alpha channel (H, W) separates something: neither all opaque nor all clear."""
    if alpha is None:
        return False
    product = float(np.mean(alpha > 0.5))
    return _LEAST < product < 1.0 - _LEAST


def snapped(alpha: Alpha, low: float, high: float) -> Alpha:
    """Coverage below `low` becomes 0 and above `high` 1, so that certain pixels are exact."""
    out = np.where(alpha < low, 0.0, np.where(alpha > high, 1.0, alpha))
    return out.astype(np.float32)
