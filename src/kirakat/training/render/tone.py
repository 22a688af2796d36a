"""From scene light to a display picture: exposure and a gentle highlight shoulder."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kirakat.training.render.palettes import encode

Array = NDArray[np.float64]


def luminance(light: Array) -> Array:
    """Rec. 709 luminance (h, w) of linear RGB (h, w, 3)."""
    return np.asarray(light @ np.array([0.2126, 0.7152, 0.0722]), dtype=np.float64)


def exposure_gain(light: Array, level: float) -> float:
    """Gain that brings the 92nd luminance percentile to `level` of display white."""
    reference = float(np.percentile(luminance(light), 92))
    return level / max(reference, 1e-6)


def tone_map(
    light: Array, gain: float, *, shoulder: float = 0.62, saturation: float = 0.84
) -> NDArray[np.uint8]:
    """Display sRGB (h, w, 3) uint8 of linear light.

    Khronos PBR Neutral (2024), which keeps product colours true, with an earlier shoulder so
    that sunlit patches roll off instead of clipping.
    """
    c = np.maximum(light, 0.0) * gain
    grey = luminance(c)[:, :, None]
    # Light bouncing in coloured sets saturates them beyond what photographs show.
    c = grey + (c - grey) * saturation
    peak = c.max(axis=2, keepdims=True)
    d = 1.0 - shoulder
    compressed = 1.0 - d * d / np.maximum(peak + d - shoulder, 1e-6)
    new_peak = np.where(peak < shoulder, peak, compressed)
    c = c * new_peak / np.maximum(peak, 1e-6)
    fade = 1.0 - 1.0 / (0.15 * (peak - new_peak) + 1.0)
    c = c * (1.0 - fade) + new_peak * fade
    return np.rint(encode(c) * 255.0).astype(np.uint8)
