"""How good the merchant's own photo is, and what kind of picture it is.

Measured once for each photo and matte, so that experiments can tell for which photos generated
pictures help. Five parts, each 0 to 1, are combined as a weighted geometric mean: one bad part
spoils a photo, whatever the others are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from kirakat.quality.ground import count_apart, unevenness
from kirakat.quality.photo_measures import PhotoMeasures, measure_photo
from kirakat.types import Cutout, PhotoComposition, PhotoFacts, SourceImage

# Raised whenever a change of the code changes what is measured.
PHOTO_VERSION: Final = 1
# What each part weighs in `quality`; together 1.
WEIGHTS: Final = {
    "resolution": 0.2,
    "sharpness": 0.25,
    "exposure": 0.2,
    "cleanness": 0.15,
    "framing": 0.2,
}
# No part counts for less, so that the others still order the photos that it spoils.
_LEAST = 0.05
# Long side in pixels of the product: Merchant Center refuses pictures under 100 px, and advises
# at least 800 (support.google.com/merchants/answer/6324350).
_REFUSED, _ADVISED = 100.0, 800.0
# Blur in pixels at 800 px that nobody sees, and that everybody does.
_SHARP, _BLURRED = 1.2, 3.0
# Lightness and contrast (CIE L) that suffice, and that leave nothing to be seen; shares of the
# product that are clipped.
_LIGHT, _DARK = 65.0, 15.0
_VIVID, _FLAT = 40.0, 4.0
_UNCLIPPED, _CLIPPED = 0.1, 0.7
# Levels of noise, and steps at JPEG's blocks (at JPEG qualities of about 50 and 10).
_QUIET, _NOISY = 1.5, 6.0
_SMOOTH, _BLOCKED = 0.35, 1.5
# Share of the frame: Merchant Center advises 75 to 90 % (the same page).
_FULL, _TINY, _CROWDED = 0.75, 0.05, 0.93
# Distance from the middle that does no harm, and the most.
_CENTRED, _ASIDE = 0.15, 0.7
# Share of the outline on the photo's edge that spoils the framing.
_CUT = 0.08
# Composition: below, a cut is a touch; the frame's share of a small and of a tight product; the
# share of a ground that is no smooth gradient.
_TOUCH, _SMALL, _TIGHT, _UNEVEN = 0.02, 0.4, 0.945, 0.14


def photo_facts(image: SourceImage, cutout: Cutout) -> PhotoFacts:
    """Quality, its parts and the composition of a photo whose product was cut out."""
    measures = measure_photo(image.pixels, cutout)
    parts = judge(measures)
    return PhotoFacts(
        quality=combine(parts),
        composition=_composition(image, cutout, measures),
        parts=parts,
    )


def combine(parts: Mapping[str, float]) -> float:
    """The product of all parts, each to the power of its weight."""
    logs = (weight * math.log(max(_LEAST, parts[name])) for name, weight in WEIGHTS.items())
    return math.exp(sum(logs))


def judge(measures: PhotoMeasures) -> dict[str, float]:
    """What each part is worth, 0 to 1."""
    pixels = max(1, measures.product_pixels)
    exposure = (
        _between(measures.light, _DARK, _LIGHT)
        * _between(measures.contrast, _FLAT, _VIVID)
        * _between(measures.clipped, _CLIPPED, _UNCLIPPED)
    )
    clean = min(
        _between(measures.noise, _NOISY, _QUIET),
        _between(measures.blockiness, _BLOCKED, _SMOOTH),
    )
    return {
        "resolution": _between(math.log(pixels), math.log(_REFUSED), math.log(_ADVISED)),
        "sharpness": _between(measures.blur, _BLURRED, _SHARP),
        "exposure": exposure,
        "cleanness": clean,
        "framing": _framing(measures),
    }


def _framing(measures: PhotoMeasures) -> float:
    fill = _between(measures.share, _TINY, _FULL)
    if measures.share > _CROWDED:
        fill = 1.0 - 0.3 * (measures.share - _CROWDED) / (1.0 - _CROWDED)
    centring = 1.0 - 0.5 * _between(measures.offset, _CENTRED, _ASIDE)
    whole = 1.0 - 0.8 * _between(measures.cut, 0.0, _CUT)
    return fill * centring * (min(whole, 0.5) if _is_cut(measures) else whole)


def _is_cut(measures: PhotoMeasures) -> bool:
    """Whether a part of the product is missing; a foot or cable may touch the edge."""
    return measures.cut > _TOUCH or (measures.touches and measures.share > _TIGHT)


def _between(value: float, none: float, all_: float) -> float:
    """0 at `none`, 1 at `all_`, linear between; either may be the larger."""
    return min(1.0, max(0.0, (value - none) / (all_ - none)))


def _composition(image: SourceImage, cutout: Cutout, measures: PhotoMeasures) -> PhotoComposition:
    """The first word that applies."""
    if _is_cut(measures):
        return "cut off"
    if cutout.object_count > 1 and count_apart(cutout.alpha) > 1:
        return "several objects"
    if measures.share < _SMALL:
        return "small"
    if not _is_plain(image, cutout):
        return "scene"
    return "tight" if measures.share > _TIGHT else "plain ground"


def _is_plain(image: SourceImage, cutout: Cutout) -> bool:
    """Whether the ground is even; a file that brings its own coverage has none."""
    return cutout.model == "alpha" or unevenness(image.pixels, cutout.alpha) < _UNEVEN
