"""Shadows: where they fall, how dark they get, and what they never touch."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.errors import LayoutError
from kirakat.imaging.shadow import Shadow, shade, shadow
from kirakat.imaging.shadow.outline import find_ground
from kirakat.types import RGB, Alpha, Box, Layout, Light, ProductView, ShadowMode

SIZE = 200
VIEWS: tuple[ProductView, ...] = get_args(ProductView)
CASTING: tuple[ShadowMode, ...] = ("soft", "hard", "floating")


def column() -> Alpha:
    """A standing block, 40 wide and 90 high, its base at y 150."""
    alpha = np.zeros((SIZE, SIZE), np.float32)
    alpha[60:150, 80:120] = 1.0
    return alpha


def chair() -> Alpha:
    """A seat on four legs, the back ones ending higher in the picture."""
    alpha = np.zeros((SIZE, SIZE), np.float32)
    alpha[60:110, 60:140] = 1.0
    for left, bottom in ((60, 160), (134, 160), (76, 148), (118, 148)):
        alpha[100:bottom, left : left + 6] = 1.0
    return alpha


def layout_of(alpha: Alpha, view: ProductView = "standing") -> Layout:
    """A layout as large as a matte; shadows read its size and view alone."""
    height, width = alpha.shape
    return Layout(
        width=width,
        height=height,
        scale=1.0,
        offset_x=0.0,
        offset_y=0.0,
        product_box=Box(x=80, y=60, width=40, height=90),
        base_x=100.0,
        base_y=150.0,
        base_half_width=20.0,
        view=view,
    )


def cast(
    alpha: Alpha,
    azimuth: float = 315.0,
    mode: ShadowMode = "soft",
    view: ProductView = "standing",
    softness: float = 0.5,
) -> Shadow:
    """The shadow of a matte at a camera 25 degrees up."""
    light = Light(azimuth=azimuth, elevation=50.0, softness=softness)
    return shadow(alpha, layout_of(alpha, view), light, mode, camera_elevation=25.0)


def loss(result: Shadow, alpha: Alpha) -> Alpha:
    """What the shadow takes from the visible background."""
    return np.asarray((1.0 - result.transmittance) * (alpha < 0.5), np.float32)


@pytest.mark.parametrize("view", ["standing", "lying", "hanging"])
def test_light_from_the_left_throws_the_shadow_to_the_right(view: ProductView) -> None:
    """Else a product's shadow contradicts every other shadow of its scene."""
    alpha = column()
    dark = loss(cast(alpha, azimuth=290.0, view=view), alpha)
    assert dark[:, 120:].sum() > 1.5 * dark[:, :80].sum()


@pytest.mark.parametrize("view", ["standing", "lying", "hanging"])
def test_mirrored_light_mirrors_the_shadow(view: ProductView) -> None:
    """Else mirrored scenes get other shadows than their originals."""
    alpha = column()
    left = cast(alpha, azimuth=60.0, view=view, softness=0.0).transmittance
    right = cast(alpha, azimuth=300.0, view=view, softness=0.0).transmittance
    assert np.abs(left - right[:, ::-1]).mean() < 0.01


def test_light_from_behind_the_scene_throws_the_shadow_toward_the_camera() -> None:
    """Else a back-lit scene shows a front-lit product."""
    alpha = column()
    behind, front = (loss(cast(alpha, azimuth=a), alpha)[150:].sum() for a in (180.0, 0.0))
    assert behind > 2.0 * front


@pytest.mark.parametrize("mode", ["none", "generated"])
def test_modes_without_shadow_leave_the_background_as_it_is(mode: ShadowMode) -> None:
    """Else a model's own shadow is doubled, or one appears that nobody asked for."""
    background = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    assert np.array_equal(shade(background, cast(column(), mode=mode)), background)


@pytest.mark.parametrize("view", ["standing", "lying", "hanging"])
def test_modes_differ(view: ProductView) -> None:
    """Else a recipe's choice of shadow changes nothing."""
    maps = [cast(column(), mode=mode, view=view).transmittance for mode in CASTING]
    distances = [np.abs(maps[i] - maps[j]).max() for i, j in ((0, 1), (0, 2), (1, 2))]
    assert min(distances) > 0.05


def test_soft_light_blurs_the_far_shadow() -> None:
    """Else an overcast scene shows a sunlit product."""
    alpha = column()
    hard, soft = (
        np.abs(np.diff(cast(alpha, azimuth=280.0, softness=s).transmittance[:, 135:])).max()
        for s in (0.0, 1.0)
    )
    assert hard > 1.5 * soft


def test_shadow_is_darkest_at_the_contact() -> None:
    """Else products seem to hover over their support."""
    alpha = column()
    dark = loss(cast(alpha), alpha)
    assert dark[150, 90:110].mean() > 0.55
    assert dark[150:153, 90:110].mean() > 3.0 * dark[155:165, 90:110].mean()


def test_floating_product_has_no_contact_line() -> None:
    """Else a product shown in the air is glued to a ground that it does not touch."""
    alpha = column()
    below = loss(cast(alpha, mode="floating"), alpha)[150:, 100]
    assert below.argmax() >= 3
    assert below[0] < 0.9 * below.max()


@pytest.mark.parametrize(("row", "left"), [(160, 60), (160, 134), (148, 76), (148, 118)])
def test_every_foot_of_a_chair_has_its_contact(row: int, left: int) -> None:
    """Else a chair stands on two legs and hovers with the others."""
    alpha = chair()
    assert loss(cast(alpha), alpha)[row : row + 2, left : left + 6].mean() > 0.3


def test_ground_follows_the_feet() -> None:
    """Else back legs throw shadows from a point in front of them."""
    ground = find_ground(chair(), sine=0.4)
    assert ground is not None
    levels = ground.level[[62, 78, 121, 137]]
    assert levels == pytest.approx([160.0, 148.0, 148.0, 160.0], abs=3.0)


def test_handle_above_the_ground_has_no_contact() -> None:
    """Else a mug's handle gets a dark line in mid-air."""
    alpha = column()
    alpha[80:110, 120:140] = 1.0
    ground = find_ground(alpha, sine=0.4)
    assert ground is not None
    assert ground.contact[130] < 0.01
    assert ground.contact[100] > 0.99


def test_product_cut_off_at_the_bottom_has_no_base() -> None:
    """Else a bust cut off by the picture's edge stands on that edge."""
    alpha = column()
    alpha[150:, 80:120] = 1.0
    assert cast(alpha).transmittance.min() == 1.0


def test_empty_matte_has_no_shadow() -> None:
    """Else an empty matte stops a run."""
    assert cast(np.zeros((SIZE, SIZE), np.float32)).transmittance.min() == 1.0


def test_shadow_ends_before_the_border() -> None:
    """Else a placement's edge cuts a visible shadow in two."""
    alpha = np.roll(column(), 55, axis=1)
    free = cast(alpha, azimuth=270.0).transmittance
    assert free[:, -1].min() > 0.97


def test_short_support_ends_the_shadow() -> None:
    """Else a shadow goes on in the air beside a podium."""
    alpha = column()
    light = Light(azimuth=280.0, elevation=45.0)
    far, near = (
        shadow(alpha, layout_of(alpha), light, "soft", camera_elevation=25.0, reach=reach)
        for reach in (None, 25.0)
    )
    assert loss(near, alpha)[:, 135:].sum() < 0.6 * loss(far, alpha)[:, 135:].sum()


def test_size_must_match() -> None:
    """Else a matte of another size is stretched silently."""
    with pytest.raises(LayoutError):
        shadow(column()[:-1], layout_of(column()), Light(), "soft", camera_elevation=20.0)


lights = st.builds(
    Light,
    azimuth=st.floats(0.0, 360.0),
    elevation=st.floats(1.0, 90.0),
    softness=st.floats(0.0, 1.0),
)


@given(
    light=lights,
    mode=st.sampled_from(CASTING),
    view=st.sampled_from(VIEWS),
    camera=st.floats(0.0, 90.0),
)
def test_light_that_is_left_lies_between_some_and_all(
    light: Light, mode: ShadowMode, view: ProductView, camera: float
) -> None:
    """Else shadows turn black, or brighten the ground."""
    alpha = column()
    result = shadow(alpha, layout_of(alpha, view), light, mode, camera_elevation=camera)
    assert result.transmittance.dtype == np.float32
    assert result.transmittance.min() >= 0.15
    assert result.transmittance.max() <= 1.0


@given(light=lights, view=st.sampled_from(VIEWS))
def test_outside_its_window_a_shadow_is_nil(light: Light, view: ProductView) -> None:
    """Else shading, which works in the window alone, cuts the shadow off."""
    alpha = column()
    result = shadow(alpha, layout_of(alpha, view), light, "soft", camera_elevation=20.0)
    outside = result.transmittance.copy()
    top, bottom, left, right = result.window
    outside[top:bottom, left:right] = 1.0
    assert outside.min() == 1.0


def test_same_inputs_same_shadow() -> None:
    """Else a creative that is made again differs from the one that was approved."""
    assert np.array_equal(cast(column()).transmittance, cast(column()).transmittance)


@given(colour=st.tuples(*[st.integers(0, 255)] * 3))
def test_shade_never_brightens(colour: tuple[int, int, int]) -> None:
    """Else a tinted shadow glows."""
    background: RGB = np.full((SIZE, SIZE, 3), colour, np.uint8)
    assert (shade(background, cast(column())) <= background).all()


def test_shade_keeps_the_grounds_hue() -> None:
    """Else shadows on a warm table look grey."""
    background: RGB = np.full((SIZE, SIZE, 3), (200, 160, 120), np.uint8)
    shaded = shade(background, cast(column()))[151, 100].astype(float)
    assert shaded[0] / shaded[2] > 200 / 120


def test_shadow_is_replaced_not_changed() -> None:
    """Else one creative's shadow darkens the next one's."""
    result = cast(column())
    background: RGB = np.full((SIZE, SIZE, 3), 200, np.uint8)
    before = replace(result, transmittance=result.transmittance.copy())
    shade(background, result)
    assert np.array_equal(before.transmittance, result.transmittance)
    assert (background == 200).all()
