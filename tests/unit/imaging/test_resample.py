"""The product's one resampling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kirakat.errors import LayoutError
from kirakat.imaging.resample import interior, resample_alpha, resample_product
from kirakat.types import RGB, Alpha, Box, Layout

scales = st.floats(0.2, 2.0)
offsets = st.floats(-20.0, 20.0)


def layout(
    scale: float, x: float = 0.0, y: float = 0.0, width: int = 64, height: int = 48
) -> Layout:
    """A layout of which only the geometry of resampling matters."""
    return Layout(
        width=width,
        height=height,
        scale=scale,
        offset_x=x,
        offset_y=y,
        product_box=Box(x=0, y=0, width=1, height=1),
        base_x=0,
        base_y=0,
        base_half_width=0,
        view="standing",
    )


def noise(seed: int, height: int = 60, width: int = 80) -> RGB:
    """Random pixels."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def disc(height: int = 60, width: int = 80, radius: float = 25.0) -> Alpha:
    """A solid disc with a soft rim."""
    rows, columns = np.mgrid[:height, :width] + 0.5
    distance = np.hypot(columns - width / 2, rows - height / 2)
    return np.asarray(np.clip(radius - distance, 0.0, 1.0), np.float32)


@given(scale=scales, x=offsets)
def test_a_linear_ramp_stays_a_ramp(scale: float, x: float) -> None:
    """Otherwise products shift by part of a pixel against their alpha and their layout."""
    ramp = np.broadcast_to(np.arange(200, dtype=np.uint8)[None, :, None] + 20, (60, 200, 3))
    drawn = resample_product(np.ascontiguousarray(ramp), layout(scale, x))
    source = (np.arange(64) + 0.5 - x) / scale
    inside = (source > 3 * max(1, 1 / scale) + 1) & (source < 199 - 3 * max(1, 1 / scale))
    rows = slice(2, int(40 * scale))
    expected = source - 0.5 + 20
    assert np.abs(drawn[rows][:, inside, 0] - expected[inside]).max(initial=0.0) <= 1.01


@given(seed=st.integers(0, 99), scale=scales, x=offsets, y=offsets, dx=st.integers(-9, 9))
def test_a_whole_pixel_shift_moves_the_same_pixels(
    seed: int, scale: float, x: float, y: float, dx: int
) -> None:
    """Otherwise the same product looks different in placements that differ by a crop."""
    pixels = noise(seed)
    wide = layout(scale, x + 20, y, width=200, height=150)
    moved = layout(scale, x + 20 + dx, y, width=200, height=150)
    try:
        first, second = resample_product(pixels, wide), resample_product(pixels, moved)
    except LayoutError:
        return
    left, right = max(0, -dx), min(200, 200 - dx)
    shifted = second[:, left + dx : right + dx].astype(int)
    assert np.abs(first[:, left:right].astype(int) - shifted).max() <= 1


@given(seed=st.integers(0, 99), scale=scales, x=offsets, y=offsets)
def test_interior_pixels_come_from_solid_source_pixels_alone(
    seed: int, scale: float, x: float, y: float
) -> None:
    """Otherwise the certificate compares pixels that the rim's estimate has changed."""
    alpha, pixels = disc(), noise(seed)
    changed = np.where(alpha[..., None] < 1.0, noise(seed + 1000), pixels)
    where = layout(scale, x, y)
    try:
        inside = interior(alpha, where)
    except LayoutError:
        return
    np.testing.assert_array_equal(
        resample_product(pixels, where)[inside], resample_product(changed, where)[inside]
    )


@given(scale=scales, x=offsets, y=offsets)
def test_alpha_is_exactly_one_in_the_interior(scale: float, x: float, y: float) -> None:
    """Otherwise the background shines through the product."""
    alpha, where = disc(), layout(scale, x, y)
    try:
        inside = interior(alpha, where)
    except LayoutError:
        return
    assert (resample_alpha(alpha, where)[inside] == 1.0).all()


@given(scale=scales, x=offsets, y=offsets)
def test_alpha_stays_between_zero_and_one(scale: float, x: float, y: float) -> None:
    """Otherwise blends overflow at hard edges."""
    hard = (disc() > 0.5).astype(np.float32)
    try:
        drawn = resample_alpha(hard, layout(scale, x, y))
    except LayoutError:
        return
    assert drawn.min() >= 0.0
    assert drawn.max() <= 1.0


def test_hard_alpha_leaves_no_ghost_outline() -> None:
    """Otherwise a faint second contour surrounds every product."""
    edge = np.zeros((60, 80), np.float32)
    edge[:, :40] = 1.0
    profile = resample_alpha(edge, layout(0.6))[10, :48]
    assert (np.diff(profile) <= 1e-6).all()


def test_alpha_keeps_its_area() -> None:
    """Otherwise products grow or shrink against their measured coverage."""
    alpha = disc()
    drawn = resample_alpha(alpha, layout(0.7, 1.3, 2.1))
    assert drawn.sum() == pytest.approx(alpha.sum() * 0.49, rel=0.005)


def test_identity_copies_the_pixels() -> None:
    """Otherwise even an unscaled product is softened."""
    pixels = noise(0, 48, 64)
    np.testing.assert_array_equal(resample_product(pixels, layout(1.0)), pixels)


@pytest.mark.parametrize("scale", [0.31, 0.5, 0.8, 1.0, 1.7])
def test_agrees_with_a_plain_lanczos_sum(scale: float) -> None:
    """Otherwise product pixels are not what a resample of the photo shows."""
    smooth = _smooth_picture()
    where = layout(scale, 2.37, -1.61)
    expected = _lanczos(smooth, where)
    drawn = resample_product(smooth, where)
    inside = interior(np.ones(smooth.shape[:2], np.float32), where)
    assert np.abs(drawn[inside] - expected[inside]).max() <= 1.6


def test_nothing_is_drawn_where_the_photo_does_not_reach() -> None:
    """Otherwise smears of the photo's edge appear beside the product."""
    drawn = resample_alpha(np.ones((10, 10), np.float32), layout(1.0, 5.0, 5.0))
    assert drawn.sum() == 100.0
    assert (drawn[5:15, 5:15] == 1.0).all()


def test_a_cut_edge_at_the_canvas_edge_is_solid() -> None:
    """Otherwise a held product shows a translucent seam at the picture's edge."""
    drawn = resample_alpha(np.ones((60, 80), np.float32), layout(0.77, 0.0, 0.0, 40, 30))
    assert (drawn == 1.0).all()


@pytest.mark.parametrize("bad", [layout(1.0, 500.0), layout(0.0), layout(-1.0)])
def test_an_impossible_layout_is_refused(bad: Layout) -> None:
    """Otherwise a creative without its product is made without a word."""
    with pytest.raises(LayoutError):
        resample_product(noise(0), bad)


def _smooth_picture() -> RGB:
    rows, columns = np.mgrid[:60, :80]
    waves = np.sin(rows / 5.0) + np.cos(columns / 7.0)
    return np.stack([128 + 55 * waves, 128 - 50 * waves, 90 + 30 * waves], -1).astype(np.uint8)


def _lanczos(pixels: RGB, where: Layout) -> NDArray[np.float64]:
    """Separable Lanczos-3 in floating point, written from its definition."""
    columns = _weights(where.width, pixels.shape[1], where.scale, where.offset_x)
    rows = _weights(where.height, pixels.shape[0], where.scale, where.offset_y)
    summed = np.einsum("ij,jkc,lk->ilc", rows, pixels.astype(float), columns)
    return np.asarray(np.clip(summed, 0.0, 255.0))


def _weights(size: int, source: int, scale: float, offset: float) -> NDArray[np.float64]:
    stretch = max(1.0, 1.0 / scale)
    centres = (np.arange(size)[:, None] + 0.5 - offset) / scale
    x = (np.arange(source)[None] + 0.5 - centres) / stretch
    kernel = np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)
    total = kernel.sum(1, keepdims=True)
    return np.asarray(kernel / np.where(np.abs(total) < 1e-9, 1.0, total))


@given(scale=scales, x=offsets, y=offsets)
def test_a_part_of_the_photo_gives_the_same_product(scale: float, x: float, y: float) -> None:
    """Otherwise looking at the product's part alone would move or cut it."""
    alpha, where = disc(60, 80, 15.0), layout(scale, x, y)
    # Away from 0 and 255: what a pass clips there depends on the order of the two passes.
    pixels = (noise(3) // 3 + 80).astype(np.uint8)
    extent = Box(x=24, y=14, width=32, height=32)
    try:
        whole, part = resample_alpha(alpha, where), resample_alpha(alpha, where, within=extent)
    except LayoutError:
        return
    np.testing.assert_allclose(part, whole, atol=1e-3)
    difference = resample_product(pixels, where, within=extent).astype(int)
    difference -= resample_product(pixels, where)
    assert np.abs(difference[whole > 0]).max(initial=0) <= 1
