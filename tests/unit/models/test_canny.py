"""Edges with thresholds found from the picture."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kirakat.models.edges.canny import CannyEdgeDetector, thresholds


def _step(left: tuple[int, int, int], right: tuple[int, int, int]) -> np.ndarray:
    picture = np.empty((32, 32, 3), np.uint8)
    picture[:, :16], picture[:, 16:] = left, right
    return picture


def test_a_step_becomes_one_line() -> None:
    """ControlNet was trained on lines of one pixel."""
    edges = CannyEdgeDetector().detect(_step((40, 40, 40), (160, 160, 160)))
    assert set(np.unique(edges)) == {0, 255}
    assert (np.count_nonzero(edges[4:-4], axis=1) == 1).all()
    assert abs(int(np.flatnonzero(edges[16])[0]) - 15.5) <= 0.5


def test_colours_of_equal_brightness_are_told_apart() -> None:
    """A red print on a green cloth would leave no edge."""
    edges = CannyEdgeDetector().detect(_step((200, 60, 90), (60, 131, 90)))
    assert np.count_nonzero(edges[16]) == 1


def test_noise_is_no_edge() -> None:
    """The grain of a photo would be drawn as texture."""
    noise = np.random.default_rng(1).normal(128.0, 3.0, (64, 64, 3))
    assert not CannyEdgeDetector().detect(noise.round().astype(np.uint8)).any()


def test_a_hard_print_does_not_hide_the_seams() -> None:
    """A logo on a cap would be the only thing that ControlNet knows of the cap."""
    picture = np.full((64, 64, 3), 90, np.uint8)
    picture[20:44, 20:44] = 255
    picture[52:] = 60
    assert CannyEdgeDetector().detect(picture)[48:56].any()


@given(st.integers(1, 4000), st.integers(0, 2**32 - 1))
def test_thresholds_are_ordered_and_bounded(scale: int, seed: int) -> None:
    """Some photo would get no edges, or nothing but edges."""
    magnitudes = np.random.default_rng(seed).exponential(scale / 4, (16, 16)).astype(np.float32)
    low, high = thresholds(magnitudes)
    assert 0 < low < high <= 70
