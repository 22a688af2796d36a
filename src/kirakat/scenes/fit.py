"""Crop and scale a scene so that its support meets the product's base."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from kirakat.types import RGB, Layout, Light, Scene

# The contact may take this share of the support's usable width.
_SUPPORT_SHARE = 0.85
# The floor ends at least this far behind the hindmost foot, as a multiple of the feet's depth.
_BEHIND = 1.25
# A scene is not enlarged more than this to make room for feet: it would look soft.
_ENLARGED_FOR_FEET = 1.6
# Rows of the scene that are tried for a product with feet.
_ROWS = 33


@dataclass(frozen=True, kw_only=True)
class SceneFit:
    """Where a scene lies under a canvas: scene point (u, v) is at (zoom*u + x, zoom*v + y)."""

    scene: Scene
    # Canvas pixels per scene pixel.
    zoom: float
    x: float
    y: float
    # Whether the scene is mirrored left to right before it is laid.
    mirrored: bool

    @property
    def light(self) -> Light:
        """The scene's light as it falls on the canvas."""
        if not self.mirrored:
            return self.scene.light
        return replace(self.scene.light, azimuth=(-self.scene.light.azimuth) % 360.0)

    @property
    def support_half_width(self) -> float:
        """Canvas pixels that the support goes on at either side of its middle."""
        return 0.5 * self.scene.support_width * self.scene.width * self.zoom

    def scaled(self, factor: float, dx: float = 0.0, dy: float = 0.0) -> SceneFit:
        """The fit on a canvas of which (dx, dy) is the new origin, enlarged by `factor`."""
        return replace(
            self, zoom=self.zoom * factor, x=(self.x - dx) * factor, y=(self.y - dy) * factor
        )


def fit_scene(
    scene: Scene, layout: Layout, *, mirrored: bool = False, enlarged: float = 1.0
) -> SceneFit:
    """Lay a scene under a layout so that its support point meets the product's base.

    The zoom is the smallest that covers the canvas and gives the contact room on the support,
    times `enlarged` (1 or more). On a floor, a product whose feet are seen at different heights
    comes nearer than the support point, so that its hindmost foot does not meet the wall.
    A product in a view from above meets the free area's centre with its own centre.
    """
    base_x, base_y, half_width = _anchor(layout)
    support_x = (1.0 - scene.support_x if mirrored else scene.support_x) * scene.width
    least = max(
        base_x / max(support_x, 1.0),
        (layout.width - base_x) / max(scene.width - support_x, 1.0),
        2.0 * half_width / (_SUPPORT_SHARE * max(scene.support_width, 0.05) * scene.width),
    )
    support_y, zoom = _row_for_feet(scene, layout, least)
    zoom *= enlarged
    return SceneFit(
        scene=scene,
        zoom=zoom,
        x=base_x - zoom * support_x,
        y=base_y - zoom * support_y,
        mirrored=mirrored,
    )


def draw_scene(fit: SceneFit, width: int, height: int) -> RGB:
    """The fitted scene on a canvas of (width, height): (height, width, 3)."""
    picture = _open(fit.scene.path, fit.mirrored)
    left, top = max(-fit.x / fit.zoom, 0.0), max(-fit.y / fit.zoom, 0.0)
    right = min(left + width / fit.zoom, float(picture.width))
    bottom = min(top + height / fit.zoom, float(picture.height))
    drawn = picture.resize(
        (width, height), Image.Resampling.LANCZOS, box=(left, top, right, bottom)
    )
    return np.asarray(drawn)


def _row(scene: Scene, layout: Layout, at: float, least: float) -> tuple[float, float]:
    """The scene's row in pixels at the fraction `at`, and the least zoom when it meets the base."""
    _, base_y, _ = _anchor(layout)
    row = at * scene.height
    above, below = base_y / max(row, 1.0), (layout.height - base_y) / max(scene.height - row, 1.0)
    return row, max(least, above, below)


def _row_for_feet(scene: Scene, layout: Layout, least: float) -> tuple[float, float]:
    """As `_row`, at the support point, or nearer where only so the floor's edge is behind all feet.

    Of the rows from the support point to the floor's front that which needs the least zoom.
    """
    usual = _row(scene, layout, scene.support_y, least)
    if not layout.base_depth or scene.horizon is None or scene.support_front is None:
        return usual
    behind = _BEHIND * layout.base_depth / scene.height
    found = []
    for at in np.linspace(scene.support_y, scene.support_front, _ROWS).tolist():
        row, zoom = _row(scene, layout, at, least)
        found.append((max(zoom, behind / max(at - scene.horizon, 1e-6)), row))
    zoom, row = min(found)
    return (row, zoom) if zoom <= _ENLARGED_FOR_FEET * usual[1] else usual


def _anchor(layout: Layout) -> tuple[float, float, float]:
    if layout.view == "standing":
        return layout.base_x, layout.base_y, layout.base_half_width
    box = layout.product_box
    if layout.view == "hanging":
        return box.x + box.width / 2, box.bottom, 0.0
    return box.x + box.width / 2, box.y + box.height / 2, box.width / 2


@lru_cache(maxsize=16)
def _open(path: Path, mirrored: bool) -> Image.Image:
    with Image.open(path) as picture:
        loaded = picture.convert("RGB")
    return loaded.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else loaded
