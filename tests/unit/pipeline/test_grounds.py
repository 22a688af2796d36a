"""Plain grounds for positioned products and tiles."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kirakat.imaging.colour import contrast_ratio
from kirakat.pipeline.grounds import ground_colour, plain_ground, quiet_ground, white_ground
from kirakat.types import Box, Cutout, Layout


def cutout_of(colour: tuple[int, int, int]) -> Cutout:
    """A square of one colour."""
    alpha = np.zeros((60, 60), np.float32)
    alpha[10:50, 10:50] = 1.0
    return Cutout(
        foreground=np.full((60, 60, 3), colour, np.uint8),
        alpha=alpha,
        bbox=Box(x=10, y=10, width=40, height=40),
        method="alpha",
        model="",
        confidence=1.0,
        coverage=0.44,
        border_contact=frozenset(),
        object_count=1,
    )


LAYOUT = Layout(
    width=300,
    height=90,
    scale=1.0,
    offset_x=200.0,
    offset_y=15.0,
    product_box=Box(x=210, y=25, width=40, height=40),
    base_x=230.0,
    base_y=65.0,
    base_half_width=20.0,
    view="standing",
)


def test_white_is_white() -> None:
    """Else a marketplace that asks for white refuses the picture."""
    assert (white_ground(30, 20) == 255).all()


def test_plain_ground_has_the_asked_size_and_colour() -> None:
    """Else a brand's colour comes out turned or resized."""
    made = plain_ground(30, 20, (10, 20, 30))
    assert made.shape == (20, 30, 3)
    assert (made == np.array([10, 20, 30])).all()


@settings(max_examples=40)
@given(colour=st.tuples(*[st.integers(0, 255)] * 3))
def test_product_reads_on_its_ground(colour: tuple[int, int, int]) -> None:
    """Else a white bottle vanishes on a white tile."""
    assert contrast_ratio(ground_colour(cutout_of(colour)), colour) >= 1.4


@settings(max_examples=40)
@given(colour=st.tuples(*[st.integers(0, 255)] * 3))
def test_ground_is_muted(colour: tuple[int, int, int]) -> None:
    """Else the ground shouts louder than the product."""
    made = ground_colour(cutout_of(colour))
    assert max(made) - min(made) <= 36


def test_ground_is_lightest_behind_the_product() -> None:
    """Else the eye is led away from the product."""
    made = quiet_ground(cutout_of((30, 60, 90)), LAYOUT).astype(float)
    assert made[30:60, 215:245].mean() > made[:, :40].mean() + 5


def test_same_product_same_ground() -> None:
    """Else a tile changes from run to run."""
    cutout = cutout_of((30, 60, 90))
    assert np.array_equal(quiet_ground(cutout, LAYOUT), quiet_ground(cutout, LAYOUT))
