"""Step 5: the product's own pixels, whatever lies behind them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kirakat.errors import LayoutError
from kirakat.imaging.resample import interior, resample_alpha, resample_product
from kirakat.imaging.shadow import Shadow, shadow
from kirakat.pipeline.step5_cut_back import clean_rim, cut_back, paste
from kirakat.types import RGB, Box, Cutout, Layout, Light, ShadowMode

SOURCE = 90
CANVAS = 120


def source(seed: int = 0) -> RGB:
    """Random pixels: any change of a product's pixel shows."""
    return np.random.default_rng(seed).integers(0, 256, (SOURCE, SOURCE, 3), np.uint8)


def cutout_of(pixels: RGB) -> Cutout:
    """A disc with a soft rim, whose rim colours are not the photo's."""
    rows, columns = np.mgrid[:SOURCE, :SOURCE] + 0.5
    distance = np.hypot(columns - SOURCE / 2, rows - SOURCE / 2)
    alpha = np.clip((36.0 - distance) / 3.0, 0.0, 1.0).astype(np.float32)
    return Cutout(
        foreground=np.where((alpha >= 1.0)[..., None], pixels, np.uint8(90)),
        alpha=alpha,
        bbox=Box(x=9, y=9, width=72, height=72),
        method="alpha",
        model="",
        confidence=1.0,
        coverage=0.5,
        border_contact=frozenset(),
        object_count=1,
    )


def layout_at(scale: float = 0.8, x: float = 20.0, y: float = 20.0) -> Layout:
    """The disc on a square canvas."""
    return Layout(
        width=CANVAS,
        height=CANVAS,
        scale=scale,
        offset_x=x,
        offset_y=y,
        product_box=Box(x=9 * scale + x, y=9 * scale + y, width=72 * scale, height=72 * scale),
        base_x=45 * scale + x,
        base_y=81 * scale + y,
        base_half_width=10 * scale,
        view="standing",
    )


def cast(cutout: Cutout, layout: Layout, mode: ShadowMode = "soft") -> Shadow:
    """The disc's shadow."""
    alpha = resample_alpha(cutout.alpha, layout)
    return shadow(alpha, layout, Light(), mode, camera_elevation=20.0)


modes: st.SearchStrategy[ShadowMode] = st.sampled_from(
    ("soft", "hard", "floating", "none", "generated")
)


@settings(max_examples=40)
@given(
    scale=st.floats(0.4, 1.4),
    x=st.floats(-25.0, 60.0),
    y=st.floats(-25.0, 60.0),
    seed=st.integers(0, 1000),
    mode=modes,
)
def test_product_pixels_are_untouched(
    scale: float, x: float, y: float, seed: int, mode: ShadowMode
) -> None:
    """Else an ad shows a product that is not the one for sale."""
    pixels, layout = source(seed), layout_at(scale, x, y)
    cutout = cutout_of(pixels)
    background = np.random.default_rng(seed + 1).integers(0, 256, (CANVAS, CANVAS, 3), np.uint8)
    made = cut_back(pixels, cutout, layout, background, shadow=cast(cutout, layout, mode))
    inside = interior(cutout.alpha, layout)
    afresh = resample_product(pixels, layout, within=cutout.extent)
    assert np.array_equal(made[inside], afresh[inside])


@settings(max_examples=20)
@given(darkness=st.floats(0.0, 1.0))
def test_shadow_falls_on_the_background_alone(darkness: float) -> None:
    """Else a product is darkened by its own shadow."""
    pixels, layout = source(), layout_at()
    cutout = cutout_of(pixels)
    everywhere = Shadow(
        transmittance=np.full((CANVAS, CANVAS), darkness, np.float32),
        window=(0, CANVAS, 0, CANVAS),
    )
    background = np.full((CANVAS, CANVAS, 3), 180, np.uint8)
    lit = cut_back(pixels, cutout, layout, background, shadow=None)
    dark = cut_back(pixels, cutout, layout, background, shadow=everywhere)
    opaque = resample_alpha(cutout.alpha, layout) >= 1.0
    assert np.array_equal(lit[opaque], dark[opaque])


def test_background_stays_where_no_product_is() -> None:
    """Else the scene changes behind the product."""
    pixels, layout = source(), layout_at()
    cutout = cutout_of(pixels)
    background = source(5).repeat(2, 0).repeat(2, 1)[:CANVAS, :CANVAS]
    made = cut_back(pixels, cutout, layout, background, shadow=None)
    clear = resample_alpha(cutout.alpha, layout) == 0.0
    assert np.array_equal(made[clear], background[clear])


def test_rim_takes_the_estimated_colours() -> None:
    """Else the photo's white backdrop shines along the outline."""
    pixels = np.full((SOURCE, SOURCE, 3), 255, np.uint8)
    dark = np.zeros_like(pixels)
    cutout, layout = replace(cutout_of(pixels), foreground=dark), layout_at()
    soft = (cutout.alpha > 0.0) & (cutout.alpha < 1.0)
    pixels = np.where(soft[..., None] | (cutout.alpha == 0.0)[..., None], pixels, np.uint8(0))
    made = cut_back(pixels, cutout, layout, np.zeros((CANVAS, CANVAS, 3), np.uint8), shadow=None)
    assert made.max() == 0


def test_half_coverage_blends_in_linear_light() -> None:
    """Else edges between bright colours are drawn with a dark line."""
    product, background = np.full((1, 1, 3), 255, np.uint8), np.zeros((1, 1, 3), np.uint8)
    made = paste(product, np.full((1, 1), 0.5, np.float32), background)
    assert 178 <= made[0, 0, 0] <= 188


def test_background_is_not_changed_in_place() -> None:
    """Else the second placement of a render shows the first one's product."""
    pixels, layout = source(), layout_at()
    cutout = cutout_of(pixels)
    background = np.full((CANVAS, CANVAS, 3), 180, np.uint8)
    cut_back(pixels, cutout, layout, background, shadow=cast(cutout, layout))
    assert (background == 180).all()


def test_same_inputs_same_creative() -> None:
    """Else a key does not name one picture."""
    pixels, layout = source(), layout_at()
    cutout = cutout_of(pixels)
    background = np.full((CANVAS, CANVAS, 3), 180, np.uint8)
    first, second = (
        cut_back(pixels, cutout, layout, background, shadow=cast(cutout, layout)) for _ in range(2)
    )
    assert np.array_equal(first, second)


def test_background_of_another_size_is_refused() -> None:
    """Else a background of the wrong size fails deep inside numpy."""
    pixels = source()
    background = np.zeros((CANVAS, CANVAS - 1, 3), np.uint8)
    with pytest.raises(LayoutError):
        cut_back(pixels, cutout_of(pixels), layout_at(), background, shadow=None)


def test_clean_rim_removes_the_models_drawing() -> None:
    """Else a second edge of the product, drawn by the model, shows around the real one."""
    alpha = resample_alpha(cutout_of(source()).alpha, layout_at())
    rows, columns = np.mgrid[:CANVAS, :CANVAS] + 0.5
    drawn = np.hypot(columns - 56.0, rows - 56.0) < 32.0
    background = np.where(drawn[..., None], np.uint8(20), np.uint8(200))
    cleaned = clean_rim(np.repeat(background, 3, axis=2), alpha, radius=6.0)
    assert cleaned.min() > 180


def test_clean_rim_keeps_the_scene() -> None:
    """Else scenes lose their detail far from the product."""
    layout = layout_at(scale=0.4, x=40.0, y=40.0)
    alpha = resample_alpha(cutout_of(source()).alpha, layout)
    background = source(3).repeat(2, 0).repeat(2, 1)[:CANVAS, :CANVAS]
    cleaned = clean_rim(background, alpha, radius=4.0)
    assert np.array_equal(cleaned[:20], background[:20])
    assert np.array_equal(cleaned[:, -20:], background[:, -20:])


def test_clean_rim_without_product_returns_the_background() -> None:
    """Else an empty layout blurs its scene."""
    background = source()
    empty = np.zeros((SOURCE, SOURCE), np.float32)
    assert np.array_equal(clean_rim(background, empty), background)
