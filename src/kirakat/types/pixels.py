"""Arrays of pixels, and boxes in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
Alpha = NDArray[np.float32]
Side = Literal["left", "top", "right", "bottom"]
ImageFormat = Literal["jpeg", "webp", "avif", "png"]


@dataclass(frozen=True, kw_only=True)
class Box:
    """An axis-aligned rectangle in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """x of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """y of the bottom edge."""
        return self.y + self.height


@dataclass(frozen=True, kw_only=True)
class Insets:
    """Margins as fractions of the width (left, right) and height (top, bottom)."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
