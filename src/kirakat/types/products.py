"""A product photo, and the product cut out of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from kirakat.types.pixels import RGB, Alpha, Box, Side

MaskMethod = Literal["alpha", "backdrop", "segmenter"]
# How the camera saw the product: upright on a surface, from above on a surface, or hung/worn.
ProductView = Literal["standing", "lying", "hanging"]


@dataclass(frozen=True, kw_only=True)
class SourceImage:
    """A decoded product photo: sRGB, EXIF orientation applied."""

    pixels: RGB
    # The file's own alpha channel when it has one.
    alpha: Alpha | None
    # SHA-256 of the file's bytes.
    sha256: str
    # Where it came from: a path or address.
    uri: str

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])


@dataclass(frozen=True, kw_only=True)
class Cutout:
    """Step 1's result: the product's colours and soft coverage, at the source's size."""

    # (H, W, 3): equal to the source wherever alpha is 1; estimated at and beyond the rim, so
    # that no backdrop colour bleeds into a blend.
    foreground: RGB
    # (H, W)
    alpha: Alpha
    # Tight box of alpha > 0.5, in source pixels.
    bbox: Box
    method: MaskMethod
    # Name and revision of what made the matte, such as "u2netp@309c8469".
    model: str
    # 0 to 1: how sure the method is that the matte is the whole product and nothing else.
    confidence: float
    # Share of the picture that the product covers.
    coverage: float
    # Sides of the photo at which the product is cut off.
    border_contact: frozenset[Side]
    # Separate objects of notable size that belong to the product (a pair of shoes: 2).
    object_count: int

    @cached_property
    def extent(self) -> Box:
        """The smallest box of whole source pixels outside which alpha is 0."""
        rows = np.flatnonzero(self.alpha.any(1))
        columns = np.flatnonzero(self.alpha.any(0))
        if not rows.size:
            return Box(x=0, y=0, width=self.alpha.shape[1], height=self.alpha.shape[0])
        return Box(
            x=int(columns[0]),
            y=int(rows[0]),
            width=int(columns[-1] - columns[0] + 1),
            height=int(rows[-1] - rows[0] + 1),
        )
