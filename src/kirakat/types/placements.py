"""Where ads are shown, and where the product stands in them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kirakat.types.pixels import Box, ImageFormat, Insets, Side
from kirakat.types.products import ProductView

_SAFE_AREA = Insets(left=0.06, top=0.06, right=0.06, bottom=0.06)


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A position in which ads are shown."""

    name: str
    width: int
    height: int
    # Kept free of the product (overlaid titles, buttons, rounded corners).
    safe_area: Insets = _SAFE_AREA
    format: ImageFormat = "jpeg"
    # Largest file that the placement's network accepts.
    max_bytes: int = 150_000

    @property
    def ratio(self) -> float:
        """Width over height."""
        return self.width / self.height

    @property
    def is_tile(self) -> bool:
        """Whether it is too elongated for diffusion: product tile on a quiet ground."""
        return self.ratio >= 3.0 or self.ratio <= 1.0 / 3.0


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A generation size in pixels, shared by placements of similar aspect ratio."""

    width: int
    height: int

    @property
    def name(self) -> str:
        """Such as "512x384"."""
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Step 2's result: where the product stands on a canvas.

    A source point (u, v) lands at (scale * u + offset_x, scale * v + offset_y): uniform scale
    and translation only, so the product is never distorted or turned.
    """

    width: int
    height: int
    # Canvas pixels per source pixel.
    scale: float
    offset_x: float
    offset_y: float
    # The cutout's bbox on the canvas; may reach beyond it at `held_sides`.
    product_box: Box
    # Where the product touches its support: centre x, y, and half the width of the contact.
    base_x: float
    base_y: float
    base_half_width: float
    view: ProductView
    # How far above base_y the hindmost foot touches: 0 for a product on one base.
    base_depth: float = 0.0
    # Canvas sides at which a product that the photo cuts off stays cut off.
    held_sides: frozenset[Side] = frozenset()

    def cropped(self, box: Box, *, width: int, height: int) -> Layout:
        """The layout on a canvas of (width, height) that shows `box` of this one.

        `box` must have the new canvas' aspect ratio to within a pixel.
        """
        factor = width / box.width
        return replace(
            self,
            width=width,
            height=height,
            scale=self.scale * factor,
            offset_x=(self.offset_x - box.x) * factor,
            offset_y=(self.offset_y - box.y) * factor,
            product_box=Box(
                x=(self.product_box.x - box.x) * factor,
                y=(self.product_box.y - box.y) * factor,
                width=self.product_box.width * factor,
                height=self.product_box.height * factor,
            ),
            base_x=(self.base_x - box.x) * factor,
            base_y=(self.base_y - box.y) * factor,
            base_half_width=self.base_half_width * factor,
            base_depth=self.base_depth * factor,
        )
