"""Records: the geometry and keys that every step relies on."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.types import Box, CreativeKey, Layout, Placement, Recipe, Sampling

_LAYOUT = Layout(
    width=512,
    height=512,
    scale=0.3,
    offset_x=100.0,
    offset_y=90.0,
    product_box=Box(x=130.0, y=120.0, width=200.0, height=240.0),
    base_x=230.0,
    base_y=360.0,
    base_half_width=60.0,
    view="standing",
)
_KEY = CreativeKey(
    merchant_id="m",
    source_sha256="0" * 64,
    prompt_text="p",
    prompt_negative="",
    placement=Placement(name="300x250", width=300, height=250),
    treatment="generated",
    recipe=Recipe(name="r", version=1, pipeline_version=1, generator="tiny"),
)


@given(st.floats(0, 1000), st.floats(0, 1000), st.integers(60, 2000))
def test_cropping_keeps_source_points_together(u: float, v: float, width: int) -> None:
    """If a crop moved points apart, the product would slide off its shadow and background."""
    box = Box(x=31.0, y=17.0, width=400.0, height=300.0)
    height = round(width * 0.75)
    crop = _LAYOUT.cropped(box, width=width, height=height)
    x, y = _LAYOUT.scale * u + _LAYOUT.offset_x, _LAYOUT.scale * v + _LAYOUT.offset_y
    factor = width / box.width
    assert crop.scale * u + crop.offset_x == pytest.approx((x - box.x) * factor, abs=1e-6)
    assert crop.scale * v + crop.offset_y == pytest.approx((y - box.y) * factor, abs=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"merchant_id": "other"},
        {"source_sha256": "1" * 64},
        {"prompt_text": "q"},
        {"treatment": "positioned"},
        {"placement": Placement(name="300x250", width=300, height=251)},
        {
            "recipe": Recipe(
                name="r",
                version=1,
                pipeline_version=1,
                generator="tiny",
                sampling=Sampling(strength=0.5),
            )
        },
    ],
)
def test_every_part_of_a_creative_key_counts(change: dict[str, object]) -> None:
    """If one did not, two merchants, prompts or sizes would share one picture."""
    other = dataclasses.replace(_KEY, **change)  # type: ignore[arg-type]  # parametrised fields
    assert other.digest != _KEY.digest


@pytest.mark.parametrize(
    ("width", "height", "tile"), [(728, 90, True), (160, 600, True), (300, 600, False)]
)
def test_elongated_placements_are_tiles(width: int, height: int, tile: bool) -> None:
    """If a leaderboard were diffused, the product would be a speck in a strip."""
    assert Placement(name="p", width=width, height=height).is_tile is tile
