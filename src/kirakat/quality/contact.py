"""Whether a standing product looks as if it touched the ground."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.colour import srgb8_to_linear
from kirakat.imaging.shadow.outline import Ground, find_ground
from kirakat.types import RGB, Alpha, Layout

# Loss of light under the base, against the ground beside it, that reads as clear contact.
CLEAR = 0.35
# Rows under the outline in which contact shows, as shares of the product's smaller side.
NEAREST, FARTHEST = 0.004, 0.022
# The ground that it is compared with lies this far off, in the same shares.
BESIDE, BELOW = (0.10, 0.45), (0.16, 0.30)
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


def contact_score(creative: RGB, alpha: Alpha, layout: Layout) -> float | None:
    """0 when the ground under the base is as bright as beside it, to 1 for a clear contact shadow.

    None where nothing stands on a ground: lying and hanging views, and products that leave at
    the bottom. `creative` (h, w, 3) and the coverage `alpha` (h, w) have the layout's size.
    """
    ground = find_ground(alpha, sine=math.sin(math.radians(20.0)))
    if layout.view != "standing" or ground is None:
        return None
    size = float(min(ground.bottom - ground.top, ground.right - ground.left))
    around = _luminance_around(creative, ground, size)
    luminance, top, left = around
    free = alpha[top : top + luminance.shape[0], left : left + luminance.shape[1]] < 0.02
    under = luminance[_under(ground, luminance.shape, top, left, size) & free]
    beside = _beside(luminance, free, ground, (top, left), size)
    if not under.size or beside is None:
        return None
    loss = 1.0 - float(np.median(under)) / max(beside, 1e-4)
    return min(max(loss / CLEAR, 0.0), 1.0)


def _luminance_around(
    creative: RGB, ground: Ground, size: float
) -> tuple[NDArray[np.float32], int, int]:
    """Linear luminance near the base, with the window's top and left."""
    margin = round(0.5 * size) + 1
    top, left = max(ground.bottom - margin, 0), max(ground.left - margin, 0)
    window = creative[top : ground.bottom + margin, left : ground.right + margin]
    return np.asarray(srgb8_to_linear(window) @ _LUMINANCE, np.float32), top, left


def _under(
    ground: Ground, shape: tuple[int, ...], top: int, left: int, size: float
) -> NDArray[np.bool_]:
    """The pixels (h, w) of the window right under the outline where it touches."""
    columns = slice(left, left + shape[1])
    outline = np.nan_to_num(ground.outline[columns], nan=-1e6)[None, :]
    depth = np.arange(top, top + shape[0])[:, None] + 0.5 - outline
    near = (depth > NEAREST * size) & (depth < max(FARTHEST * size, NEAREST * size + 2.5))
    return np.asarray(near & (ground.contact[columns] > 0.8)[None, :], np.bool_)


def _beside(
    luminance: NDArray[np.float32],
    free: NDArray[np.bool_],
    ground: Ground,
    corner: tuple[int, int],
    size: float,
) -> float | None:
    """Luminance of the brightest of the grounds at the left, at the right and below."""
    touching = np.flatnonzero(ground.contact > 0.8)
    first, last = touching[0] - corner[1], touching[-1] + 1 - corner[1]
    level = round(float(np.nanmedian(ground.outline[touching]))) - corner[0]
    rows = _clipped(level - 0.03 * size, level + 0.05 * size)
    patches = [
        (rows, _clipped(first - BESIDE[1] * size, first - BESIDE[0] * size)),
        (rows, _clipped(last + BESIDE[0] * size, last + BESIDE[1] * size)),
        (_clipped(level + BELOW[0] * size, level + BELOW[1] * size), _clipped(first, last)),
    ]
    medians = [
        float(np.median(luminance[patch][free[patch]])) for patch in patches if free[patch].any()
    ]
    return max(medians, default=None)


def _clipped(start: float, stop: float) -> slice:
    return slice(max(round(start), 0), max(round(stop), 0))
