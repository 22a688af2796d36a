"""sRGB to CIE Lab and back to working sizes, for weighing colour differences."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.types import RGB

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


def to_lab(pixels: RGB) -> Floats:
    """CIE Lab (D65) of sRGB pixels (H, W, 3): L in [0, 100], a and b about [-110, 110]."""
    scaled = pixels.astype(np.float32) / 255.0
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), np.float32)


def luminance(lightness: Floats) -> Floats:
    """Relative luminance in [0, 1] of CIE L (CIE 15: cube above the toe, linear below)."""
    cube = ((lightness + 16.0) / 116.0) ** 3
    return np.where(lightness > 8.0, cube, lightness / 903.3).astype(np.float32)


def fit_within(pixels: RGB, long_side: int) -> RGB:
    """The picture, shrunk (never enlarged) so that its longer side is at most `long_side`."""
    height, width = pixels.shape[:2]
    factor = long_side / max(height, width)
    if factor >= 1.0:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def resized(plane: Floats, shape: tuple[int, ...]) -> Floats:
    """A plane (h, w[, c]) of floats, bilinearly resized to (H, W) = `shape[:2]`."""
    if plane.shape[:2] == tuple(shape[:2]):
        return plane
    out = cv2.resize(plane, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(out, np.float32)
