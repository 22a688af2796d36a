"""The product's own colours at and beyond its rim, free of the ground's."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.matting.planes import Floats, fit_within, resized, sampled
from kirakat.types import RGB, Alpha

# Long side at which colours are estimated: they vary slowly across a rim.
_SIZE = 1024


def estimate_foreground(pixels: RGB, alpha: Alpha) -> RGB:
    """Colours (H, W, 3) that, blended with `alpha` over any ground, show none of the photo's.

    Equal to `pixels` wherever alpha is 1. The rim is estimated by multi-level foreground
    estimation (Germer et al., ICPR 2020); far beyond the rim the nearest colours go on.
    """
    small = fit_within(pixels, _SIZE)
    colours, ground = _estimate(small, resized(alpha, small.shape))
    return _at_full_size(pixels, alpha, colours, ground)


def _estimate(pixels: RGB, alpha: Alpha) -> tuple[Floats, Floats]:
    """Product's and ground's colours (h, w, 3) in [0, 255]."""
    from pymatting.foreground.estimate_foreground_ml import estimate_foreground_ml

    front, back = estimate_foreground_ml(
        pixels.astype(np.float32) / 255.0,
        alpha.astype(np.float32),
        regularization=5e-3,
        n_big_iterations=4,
        return_background=True,
        gradient_weight=0.1,
    )
    return 255.0 * front, 255.0 * back


def _at_full_size(pixels: RGB, alpha: Alpha, colours: Floats, ground: Floats) -> RGB:
    """Fine detail where coverage is high: F = (C - (1 - a) B) / a, else the smooth estimate."""
    height, width = alpha.shape
    out: NDArray[np.uint8] = np.asarray(
        cv2.resize(_to_bytes(colours), (width, height), interpolation=cv2.INTER_LINEAR), np.uint8
    )
    rim = (alpha > 0.0) & (alpha < 1.0)
    cover = alpha[rim][:, None]
    smooth = sampled(colours, rim)
    unmixed = (pixels[rim] - (1.0 - cover) * sampled(ground, rim)) / cover
    trust = np.clip((cover - 0.6) / 0.35, 0.0, 1.0)
    out[rim] = _to_bytes(smooth + trust * (np.clip(unmixed, 0.0, 255.0) - smooth))
    solid = alpha == 1.0
    out[solid] = pixels[solid]
    return out


def _to_bytes(colours: Floats) -> NDArray[np.uint8]:
    return np.clip(np.rint(colours), 0.0, 255.0).astype(np.uint8)
