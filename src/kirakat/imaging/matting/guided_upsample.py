"""A matte solved on a small picture, carried to the large one along its edges.

The colour guided filter (He, Sun, Tang, TPAMI 2013) in its fast form (He, Sun, arXiv 1505.00996):
the local linear model  alpha = a . I + b  is fitted on the small picture and applied to the large.
"""

from __future__ import annotations

import cv2
import numpy as np

from kirakat.imaging.matting.planes import Bools, Floats, resized, sampled, widened
from kirakat.types import RGB

_RADIUS = 2
_EPSILON = 1e-5


def upsample_matte(matte: Floats, small: RGB, large: RGB) -> Floats:
    """Coverage at the size of `large` (H, W, 3) of a matte (h, w) solved on `small` (h, w, 3)."""
    plain = resized(matte, large.shape)
    if matte.shape == large.shape[:2]:
        return plain.copy()
    kernel = np.ones((3, 3), np.uint8)
    soft = widened((matte > 0.0) & (matte < 1.0), 1)
    band = resized(soft.astype(np.float32), large.shape) > 0.0
    # The band reaches a pixel beyond `soft`, and interpolation another.
    needed = widened(soft, _RADIUS + 2)
    slope, offset = _local_models(small.astype(np.float32) / 255.0, matte, needed)
    guide = large[band].astype(np.float32) / 255.0
    sharp = np.einsum("nc,nc->n", sampled(slope, band), guide) + sampled(offset, band)
    low, high = (
        sampled(np.asarray(neighbour(matte, kernel), np.float32), band)
        for neighbour in (cv2.erode, cv2.dilate)
    )
    plain[band] = np.clip(sharp, low, high)
    return np.asarray(np.clip(plain, 0.0, 1.0), np.float32)


def _box(plane: Floats) -> Floats:
    side = 2 * _RADIUS + 1
    return np.asarray(cv2.blur(plane, (side, side)), np.float32)


def _local_models(guide: Floats, matte: Floats, needed: Bools) -> tuple[Floats, Floats]:
    """Slopes (h, w, 3) and offsets (h, w) of matte = slope . guide + offset around each pixel.

    Right where all pixels within the radius are `needed` (h, w); the others are not solved for.
    """
    mean, mean_matte = _box(guide), _box(matte)
    means, mean_mattes = mean[needed], mean_matte[needed]
    joint = _box(guide * matte[..., None])[needed] - means * mean_mattes[:, None]
    products = [_box(guide * guide[..., c : c + 1])[needed] for c in range(3)]
    covariance = np.stack(products, -1) - means[:, :, None] * means[:, None, :]
    covariance += _EPSILON * np.eye(3, dtype=np.float32)
    slope, offset = np.zeros_like(guide), np.zeros_like(matte)
    slope[needed] = np.linalg.solve(covariance, joint[..., None])[..., 0]
    offset[needed] = mean_mattes - np.einsum("nc,nc->n", slope[needed], means)
    return _box(slope), _box(offset)
