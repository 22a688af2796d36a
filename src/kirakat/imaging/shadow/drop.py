"""The shadow of a flat product: lying on a surface seen from above, or hung before a wall."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.shadow.rays import light_samples
from kirakat.types import Alpha, Light

SAMPLES = 12


def drop_occlusion(
    alpha: Alpha, offsets: NDArray[np.float64], *, thickness: float, gap: float, blur: float
) -> Alpha:
    """Share (h, w) of the key light kept from the surface behind.

    The product fills the space from `gap` to `gap + thickness` pixels over the surface; `offsets`
    (n, 2) are the shadow's shifts for each pixel of height, one for each point of the light.
    """
    total = np.zeros(alpha.shape, np.float32)
    for offset in offsets:
        shade = _moved(alpha, offset * gap)
        for step in (0.5, 1.0):
            np.maximum(shade, _moved(alpha, offset * (gap + thickness * step)), out=shade)
        total += shade
    return np.asarray(cv2.GaussianBlur(total / len(offsets), (0, 0), max(blur, 0.6)), np.float32)


def surrounding_occlusion(alpha: Alpha, *, reach: float) -> Alpha:
    """Share (h, w) of the ambient light lost close around a product that lies or hangs."""
    tight = cv2.GaussianBlur(alpha, (0, 0), max(0.3 * reach, 0.6))
    wide = cv2.GaussianBlur(alpha, (0, 0), max(reach, 0.8))
    return np.asarray(0.55 * tight + 0.45 * wide, np.float32)


def samples(light: Light) -> NDArray[np.float64]:
    """The light's points for `drop_occlusion`."""
    return light_samples(light, SAMPLES)


def _moved(alpha: Alpha, offset: NDArray[np.float64]) -> Alpha:
    matrix = np.array([[1.0, 0.0, offset[0]], [0.0, 1.0, offset[1]]])
    return np.asarray(cv2.warpAffine(alpha, matrix, alpha.shape[::-1]), np.float32)
