"""Darkening a background by a shadow, in linear light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.colour import linear_to_srgb8, srgb8_to_linear
from kirakat.imaging.shadow.shadow import Shadow
from kirakat.types import RGB

# How much more a shadow takes from the channels in which the ground is dark: what light is left
# has bounced off the ground around.
TINT = 0.30


def shade(background: RGB, shadow: Shadow) -> RGB:
    """The background (h, w, 3) under a shadow of the same size; a copy."""
    shaded = background.copy()
    top, bottom, left, right = shadow.window
    if top == bottom or left == right:
        return shaded
    patch = srgb8_to_linear(background[top:bottom, left:right])
    free = shadow.transmittance[top:bottom, left:right]
    tint = _tint(patch, free)
    lost = 1.0 - free
    for channel in range(3):
        patch[..., channel] *= free * (1.0 - tint[channel] * lost)
    shaded[top:bottom, left:right] = linear_to_srgb8(patch)
    return shaded


def _tint(linear: NDArray[np.float32], free: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3,) extra loss a channel, from the mean colour of the shaded ground."""
    weight = 1.0 - free[::4, ::4]
    colour = (linear[::4, ::4] * weight[..., None]).sum((0, 1)) / max(float(weight.sum()), 1e-6)
    return np.asarray(TINT * (1.0 - colour / max(float(colour.max()), 1e-6)), np.float32)
