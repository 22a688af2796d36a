"""The camera puts the support where the composition wants it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.training.render.build_stage import build_stage
from kirakat.training.render.camera import aim_camera
from kirakat.training.render.render_scene import describe
from kirakat.training.render.scene_library import LIBRARY

ELEVATIONS = st.floats(0.0, 90.0)
PLACES = st.tuples(st.floats(0.35, 0.65), st.floats(0.4, 0.85))


@given(elevation=ELEVATIONS, at=PLACES, height=st.floats(0.0, 3.0), frame=st.floats(6.0, 14.0))
def test_support_is_projected_where_it_was_asked_for(
    elevation: float, at: tuple[float, float], height: float, frame: float
) -> None:
    """Products would float beside their podium."""
    camera = aim_camera([0.0, 0.0, height], elevation=elevation, at=at, frame_width=frame)
    x, y = camera.project([0.0, 0.0, height])
    assert x == pytest.approx(at[0], abs=0.005)
    assert y == pytest.approx(at[1], abs=0.005)


@given(elevation=ELEVATIONS, at=PLACES)
def test_axes_are_orthonormal(elevation: float, at: tuple[float, float]) -> None:
    """Pictures would be sheared and mattes would not match them."""
    camera = aim_camera([0.0, 0.0, 1.0], elevation=elevation, at=at, frame_width=10.0)
    np.testing.assert_allclose(camera.axes @ camera.axes.T, np.eye(3), atol=1e-12)


@given(elevation=st.floats(0.0, 89.0))
def test_elevation_is_the_angle_at_which_the_support_is_seen(elevation: float) -> None:
    """A product photographed from another height would be matched with this scene."""
    camera = aim_camera([0.0, 0.0, 0.0], elevation=elevation, at=(0.5, 0.7), frame_width=10.0)
    x, y, z = camera.origin
    assert np.degrees(np.arctan2(z, np.hypot(x, y))) == pytest.approx(elevation, abs=1e-6)


def test_frame_width_is_the_picture_width_at_the_support() -> None:
    """`support_width` in the sidecar would be wrong."""
    camera = aim_camera([0.0, 0.0, 0.0], elevation=15.0, at=(0.5, 0.5), frame_width=10.0)
    left, _ = camera.project([-2.0, 0.0, 0.0])
    right, _ = camera.project([2.0, 0.0, 0.0])
    assert right - left == pytest.approx(0.4, abs=1e-6)


def test_sidecar_support_is_the_projected_support_point() -> None:
    """The pipeline would place products off the podium of a shipped scene."""
    spec = LIBRARY[0]
    built = build_stage(spec, texture_size=32)
    x, y = built.stage.camera.project(built.stage.support)
    record = describe(spec, built, 64)
    assert (record["support"]["x"], record["support"]["y"]) == (round(x, 4), round(y, 4))
