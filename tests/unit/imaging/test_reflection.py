"""Mirror images on glossy supports."""

from __future__ import annotations

import numpy as np

from kirakat.imaging.reflection import reflection
from kirakat.types import RGB, Alpha, Box, Layout, ProductView


def block() -> tuple[RGB, Alpha]:
    """A block whose upper half is red and whose lower half is blue, its base at y 150."""
    alpha = np.zeros((240, 200), np.float32)
    alpha[50:150, 70:130] = 1.0
    product = np.zeros((240, 200, 3), np.uint8)
    product[50:100] = (220, 30, 30)
    product[100:150] = (30, 30, 220)
    return product, alpha


def mirrored(strength: float, view: ProductView = "standing") -> tuple[RGB, RGB]:
    """A plain ground without and with the block's reflection."""
    product, alpha = block()
    ground = np.full((240, 200, 3), 120, np.uint8)
    layout = Layout(
        width=200,
        height=240,
        scale=1.0,
        offset_x=0.0,
        offset_y=0.0,
        product_box=Box(x=70, y=50, width=60, height=100),
        base_x=100.0,
        base_y=150.0,
        base_half_width=30.0,
        view=view,
    )
    made = reflection(ground, product, alpha, layout, strength=strength, camera_elevation=15.0)
    return ground, made


def test_nearest_part_is_mirrored_first() -> None:
    """Else the reflection stands the wrong way up."""
    _, made = mirrored(0.5)
    red, _, blue = made[156, 100].astype(int)
    assert blue > red + 20


def test_reflection_fades_with_depth() -> None:
    """Else a table looks like a mirror."""
    ground, made = mirrored(0.5)
    change = np.abs(made.astype(int) - ground).sum(2)[:, 100]
    assert change[154] > change[170] > change[185]
    assert change[200:].max() == 0


def test_no_strength_changes_nothing() -> None:
    """Else matte tables shine."""
    ground, made = mirrored(0.0)
    assert np.array_equal(made, ground)


def test_lying_products_are_not_mirrored() -> None:
    """Else a picture from above shows a reflection beside the product."""
    ground, made = mirrored(0.5, view="lying")
    assert np.array_equal(made, ground)
