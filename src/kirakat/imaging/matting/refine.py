"""From a hard mask at working size to a soft matte at the photo's size."""

from __future__ import annotations

import cv2
import numpy as np

from kirakat.imaging.matting.closed_form import solve_matte
from kirakat.imaging.matting.guided_upsample import upsample_matte
from kirakat.imaging.matting.own_alpha import snapped
from kirakat.imaging.matting.planes import Bools, Floats, resized
from kirakat.imaging.matting.rough import Rough
from kirakat.imaging.matting.settings import MaskSettings
from kirakat.imaging.matting.trimap import trimap_of
from kirakat.types import RGB, Alpha

# The faintest and strongest coverages that a rim is stretched between: faint coverage far from
# the rim is the solver's smoothness and would show as a glow.
_FAINT, _FULL = 0.1, 0.93


def refine(pixels: RGB, rough: Rough, settings: MaskSettings) -> Alpha:
    """Coverage (H, W) of a photo (H, W, 3), solved in a band around the rough mask's rim."""
    radius = max(2, round(settings.band * max(rough.product.shape)))
    trimap = trimap_of(rough.product, radius, uncertain=rough.uncertain)
    guess = cv2.GaussianBlur(rough.product.astype(np.float32), (0, 0), radius / 2.0)
    solved = solve_matte(rough.pixels, trimap, np.asarray(guess, np.float32))
    stretched = snapped((solved - _FAINT) / (_FULL - _FAINT), 0.0, 1.0)
    large = upsample_matte(stretched, rough.pixels, pixels)
    if rough.glass is not None:
        large = np.maximum(large, settings.glass_alpha * glass_at(rough.glass, large.shape))
    return snapped(large, settings.snap_low, settings.snap_high)


def glass_at(glass: Bools, shape: tuple[int, ...]) -> Floats:
    """A glass mask (h, w) with a soft rim at another size."""
    sigma = max(1.0, 0.0015 * max(glass.shape))
    soft = cv2.GaussianBlur(glass.astype(np.float32), (0, 0), sigma)
    return resized(np.asarray(soft, np.float32), shape)
