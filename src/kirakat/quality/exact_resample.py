"""A second resampler, in plain numpy, that shares no code with the one it checks.

Separable Lanczos-3 in 22-bit fixed point with 8 bits between the two passes: the same definition
as `kirakat.imaging.resample`, written from it anew. Pillow runs the cheaper pass first; what a
pass clips to 8 bits depends on that order, so both are offered.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kirakat.types import RGB, Layout

_LOBES = 3.0
_FIXED = float(1 << 22)


def exact_resample(pixels: RGB, layout: Layout, *, rows_first: bool = False) -> RGB:
    """The product's colours (layout.height, layout.width, 3) from source pixels (H, W, 3).

    `rows_first` resamples vertically before horizontally. Canvas pixels beyond the photo are
    black.
    """
    height, width = pixels.shape[:2]
    left, across = _weights(layout.offset_x, layout.scale, width, layout.width)
    top, down = _weights(layout.offset_y, layout.scale, height, layout.height)
    patch = pixels.astype(np.float64)
    for vertical in (rows_first, not rows_first):
        weights, product = (down, "yv,vxc->yxc") if vertical else (across, "xu,vuc->vxc")
        patch = _rounded(np.einsum(product, weights, patch, optimize=True))
    canvas = np.zeros((layout.height, layout.width, 3), np.uint8)
    canvas[top : top + down.shape[0], left : left + across.shape[0]] = patch
    return canvas


def _weights(
    offset: float, scale: float, size: int, canvas: int
) -> tuple[int, NDArray[np.float64]]:
    """First canvas pixel that the photo reaches, and (canvas pixels, size) whole-number weights.

    Beyond the photo's edges its last pixels repeat.
    """
    first = max(0, math.floor(offset + 1e-3))
    last = min(canvas, math.ceil(offset + scale * size - 1e-3))
    matrix = np.zeros((max(last - first, 0), size))
    stretch = max(1.0, 1.0 / scale)
    for index in range(matrix.shape[0]):
        centre = (first + index + 0.5 - offset) / scale
        taps = np.arange(
            math.floor(centre - _LOBES * stretch + 0.5), math.floor(centre + _LOBES * stretch + 0.5)
        )
        weights = _lanczos((taps - centre + 0.5) / stretch)
        fixed = np.trunc(weights / weights.sum() * _FIXED + np.copysign(0.5, weights))
        np.add.at(matrix[index], np.clip(taps, 0, size - 1), fixed)
    return first, matrix


def _lanczos(x: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """sinc(x) sinc(x / 3) within three lobes (Lanczos, 1950; Turkowski, Graphics Gems, 1990)."""
    return np.where(np.abs(x) < _LOBES, np.sinc(x) * np.sinc(x / _LOBES), 0.0)


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(np.floor(values / _FIXED + 0.5), 0.0, 255.0)
