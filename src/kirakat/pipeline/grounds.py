"""Plain backgrounds: for the treatment `positioned` and for tiles too elongated to generate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.colour import contrast_ratio, palette
from kirakat.types import RGB, Cutout, Layout

# Grounds to mix with the product's colour, the preferred first: a light one unless the product
# is light itself.
_NEUTRALS = ((240, 238, 234), (212, 207, 200), (168, 162, 155), (96, 94, 92))
# Share of the product's main colour in the mixture: enough to belong together, not to compete.
_TINT = 0.09
# Contrast (WCAG) with the product's larger colours that lets its outline be read.
_READABLE = 1.4
# Colours of at least this share of the product must be readable.
_LARGE = 0.2
# Change of brightness from the light behind the product to the corners.
_FALL = 0.13
_DITHER_SEED = 20_241_014


def white_ground(width: int, height: int) -> RGB:
    """Pure white (height, width, 3)."""
    return plain_ground(width, height, (255, 255, 255))


def plain_ground(width: int, height: int, colour: tuple[int, int, int]) -> RGB:
    """One colour (height, width, 3)."""
    return np.full((height, width, 3), colour, np.uint8)


def quiet_ground(cutout: Cutout, layout: Layout) -> RGB:
    """A muted seamless ground (h, w, 3) of the layout's size, tinted with the product's colour.

    Lightest behind the product and a little darker toward the corners, dithered so that no
    bands show. The same product and layout always give the same ground.
    """
    colour = np.array(ground_colour(cutout), np.float32)
    light = _light(layout)
    noise = np.random.default_rng(_DITHER_SEED).random(light.shape, np.float32)[..., None]
    lit = np.clip(np.floor(colour * light[..., None] + noise), 0, 255)
    return np.asarray(lit, np.uint8)


def ground_colour(cutout: Cutout) -> tuple[int, int, int]:
    """The muted colour on which the product's outline reads best, lighter ones preferred."""
    colours = palette(cutout.foreground, cutout.alpha, 5)
    large = [colour.rgb for colour in colours if colour.share >= _LARGE] or [colours[0].rgb]
    candidates = [_mixed(neutral, colours[0].rgb) for neutral in _NEUTRALS]
    worst = [min(contrast_ratio(ground, rgb) for rgb in large) for ground in candidates]
    for ground, contrast in zip(candidates, worst, strict=True):
        if contrast >= _READABLE:
            return ground
    return candidates[int(np.argmax(worst))]


def _mixed(neutral: tuple[int, int, int], tint: tuple[int, int, int]) -> tuple[int, int, int]:
    """The neutral moved toward the tint's hue, its brightness kept."""
    grey = sum(tint) / 3.0
    red, green, blue = (
        round(min(max(base + _TINT * (part - grey), 0.0), 255.0))
        for base, part in zip(neutral, tint, strict=True)
    )
    return red, green, blue


def _light(layout: Layout) -> NDArray[np.float32]:
    """(h, w) factor: 1 behind the product, falling with the distance from it."""
    box = layout.product_box
    reach = 1.1 * max(layout.width, layout.height)
    x = (np.arange(layout.width) + 0.5 - (box.x + box.width / 2)) / reach
    y = (np.arange(layout.height) + 0.5 - (box.y + box.height / 2)) / reach
    distance = np.square(x)[None, :] + np.square(y)[:, None]
    return np.asarray(1.02 - _FALL * (1.0 - np.exp(-3.0 * distance)), np.float32)
