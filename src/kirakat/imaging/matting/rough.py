"""What is known of a product before its rim is solved."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.imaging.matting.backdrop import Backdrop
from kirakat.imaging.matting.planes import Bools, Floats
from kirakat.types import RGB, MaskMethod


@dataclass(frozen=True, kw_only=True)
class Rough:
    """A hard mask at working size, and what it rests on."""

    # (h, w, 3): the photo at working size.
    pixels: RGB
    # (h, w)
    product: Bools
    # (h, w): the segmenter's two looks.
    first: Floats
    second: Floats
    method: MaskMethod
    # (h, w): where the matte must be solved beyond the rim, such as foliage.
    uncertain: Bools | None = None
    # (h, w): clear glass, given a lower coverage.
    glass: Bools | None = None
    backdrop: Backdrop | None = None
