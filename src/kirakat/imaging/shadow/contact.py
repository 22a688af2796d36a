"""The dark line where a product meets its support: ambient light cannot get between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.blur import blur
from kirakat.imaging.shadow.outline import Ground
from kirakat.types import Alpha

# Reach of the crevice line and of the wider dimming, as shares of the product's smaller side.
TIGHT = 0.016
WIDE = 0.055
# How dark each is where the product touches.
TIGHT_DENSITY = 0.80
WIDE_DENSITY = 0.46


def contact_occlusion(
    shape: tuple[int, ...], ground: Ground, *, sine: float
) -> tuple[Alpha, tuple[int, int, int, int]]:
    """Share of the light that the crevice under the product swallows, 0 to 1, near the ground.

    With it the rows and columns (top, bottom, left, right) of the (h, w) canvas that it covers;
    it is nil elsewhere.
    """
    size = float(min(ground.bottom - ground.top, ground.right - ground.left))
    squash = 0.3 + 0.7 * sine
    margin = int(3.2 * WIDE * size) + 2
    touching = np.flatnonzero(ground.contact > 0.02)
    top = max(int(np.nanmin(ground.outline[touching])) - margin, 0)
    bottom = min(ground.bottom + margin, shape[0])
    left, right = max(ground.left - margin, 0), min(ground.right + margin, shape[1])
    free = np.ones((bottom - top, right - left), np.float32)
    for reach, density in ((TIGHT, TIGHT_DENSITY), (WIDE, WIDE_DENSITY)):
        sigma = max(reach * size, 0.7)
        strip = _strip(ground, (top, bottom, left, right), depth=3.0 * sigma * squash)
        blurred = blur(strip, sigma, max(sigma * squash, 0.6))
        free *= 1.0 - density * np.minimum(2.0 * blurred, 1.0)
    return 1.0 - free, (top, bottom, left, right)


def _strip(
    ground: Ground, window: tuple[int, int, int, int], *, depth: float
) -> NDArray[np.float32]:
    """The product's touching part: its contact strength in the rows just above the outline."""
    top, bottom, left, right = window
    rows = np.arange(top, bottom, dtype=np.float32)[:, None]
    outline = np.nan_to_num(ground.outline[left:right], nan=-1.0)[None, :]
    inside = (rows < outline) & (rows >= outline - depth)
    return np.where(inside, ground.contact[left:right], 0.0).astype(np.float32)
