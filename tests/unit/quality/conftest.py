"""A product on a canvas, well and badly made, for the checks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from kirakat.imaging.resample import resample_alpha
from kirakat.imaging.shadow import shadow
from kirakat.pipeline.step5_cut_back import cut_back
from kirakat.types import RGB, Alpha, Box, Cutout, Layout, Light, SourceImage


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A dark jar photographed on white, cut out, and placed on a brown table."""

    source: SourceImage
    cutout: Cutout
    layout: Layout
    background: RGB

    @property
    def alpha(self) -> Alpha:
        """The placed coverage."""
        return resample_alpha(self.cutout.alpha, self.layout)

    def composed(self, *, grounded: bool = True) -> RGB:
        """The creative before encoding, with or without its shadow."""
        cast = shadow(self.alpha, self.layout, Light(), "soft", camera_elevation=20.0)
        return cut_back(
            self.source.pixels,
            self.cutout,
            self.layout,
            self.background,
            shadow=cast if grounded else None,
        )


def jar() -> tuple[RGB, RGB, Alpha]:
    """Photo, foreground and matte of a jar with a round-cornered outline and some texture."""
    rows, columns = np.mgrid[:320, :240] + 0.5
    x, y = np.abs(columns - 120) - 50.0, np.abs(rows - 170) - 80.0
    outside = np.hypot(np.maximum(x, 0), np.maximum(y, 0)) + np.minimum(np.maximum(x, y), 0)
    alpha = np.clip((30.0 - outside) / 2.0, 0.0, 1.0).astype(np.float32)
    shading = 60 + 40 * np.sin(columns / 30.0) + np.random.default_rng(0).normal(0, 4, rows.shape)
    product = np.clip(shading[..., None] * np.array([0.6, 0.9, 1.1]), 0, 255)
    photo = product * alpha[..., None] + 250.0 * (1.0 - alpha[..., None])
    return np.rint(photo).astype(np.uint8), np.rint(product).astype(np.uint8), alpha


@pytest.fixture
def shot() -> Shot:
    """The jar, well placed."""
    photo, product, alpha = jar()
    foreground = np.where((alpha >= 1.0)[..., None], photo, product)
    cutout = Cutout(
        foreground=foreground,
        alpha=alpha,
        bbox=Box(x=40, y=60, width=160, height=220),
        method="backdrop",
        model="",
        confidence=0.95,
        coverage=0.44,
        border_contact=frozenset(),
        object_count=1,
    )
    layout = Layout(
        width=400,
        height=400,
        scale=0.9,
        offset_x=92.0,
        offset_y=78.0,
        product_box=Box(x=128, y=132, width=144, height=198),
        base_x=200.0,
        base_y=330.0,
        base_half_width=45.0,
        view="standing",
    )
    rows = np.linspace(0.0, 1.0, 400)[:, None, None]
    table = (170.0 + 20.0 * rows) * np.array([1.0, 0.85, 0.7])
    grain = np.random.default_rng(1).normal(0.0, 3.0, (400, 400, 1))
    return Shot(
        source=SourceImage(pixels=photo, alpha=None, sha256="0" * 64, uri="jar.png"),
        cutout=cutout,
        layout=layout,
        background=np.clip(np.rint(table + grain), 0, 255).astype(np.uint8),
    )
