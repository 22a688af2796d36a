"""Colour conversions, distances, palettes and contrast."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.color import deltaE_cie76, rgb2lab

from kirakat.errors import ImageError
from kirakat.imaging.colour import (
    contrast_ratio,
    delta_e76,
    linear_to_srgb8,
    palette,
    rgb_to_lab,
    srgb8_to_linear,
)

levels = st.integers(0, 255)
colours = st.tuples(levels, levels, levels)


def test_linear_light_and_back_changes_no_level() -> None:
    """Otherwise every blend in linear light shifts the picture's tones."""
    ramp = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(linear_to_srgb8(srgb8_to_linear(ramp)), ramp)


def test_linear_light_outside_its_range_is_clipped() -> None:
    """Otherwise highlights wrap round to black."""
    values = np.array([-0.5, 0.0, 1.0, 7.0], np.float32)
    np.testing.assert_array_equal(linear_to_srgb8(values), [0, 0, 255, 255])


def test_a_half_lit_pixel_is_encoded_as_the_standard_says() -> None:
    """Otherwise blended rims are too dark or too bright."""
    assert linear_to_srgb8(np.array([0.5], np.float32))[0] == 188


def test_lab_agrees_with_scikit_image() -> None:
    """Otherwise colour distances in certificates mean something else."""
    pixels = np.random.default_rng(0).integers(0, 256, (50, 40, 3), np.uint8)
    np.testing.assert_allclose(rgb_to_lab(pixels), rgb2lab(pixels), atol=0.02)


def test_distances_agree_with_scikit_image() -> None:
    """Otherwise the gate's halo threshold is off."""
    pixels = np.random.default_rng(1).integers(0, 256, (2, 30, 3), np.uint8)
    first, second = rgb_to_lab(pixels)
    expected: NDArray[np.float32] = deltaE_cie76(first, second)  # type: ignore[no-untyped-call]
    np.testing.assert_allclose(delta_e76(first, second), expected, rtol=1e-5)


@given(first=colours, second=colours)
def test_contrast_is_symmetric_and_bounded(
    first: tuple[int, int, int], second: tuple[int, int, int]
) -> None:
    """Otherwise choices by contrast depend on the order of colours."""
    ratio = contrast_ratio(first, second)
    assert ratio == contrast_ratio(second, first)
    assert 1.0 <= ratio <= 21.0 + 1e-6


def test_black_on_white_has_the_full_contrast() -> None:
    """Otherwise contrast is not WCAG's."""
    assert contrast_ratio((0, 0, 0), (255, 255, 255)) == pytest.approx(21.0)


def test_a_palette_finds_the_colours_and_their_shares() -> None:
    """Otherwise backgrounds are matched to colours that the product does not have."""
    pixels = np.full((40, 40, 3), (200, 30, 30), np.uint8)
    pixels[:10] = (20, 40, 160)
    found = palette(pixels, np.ones((40, 40), np.float32), 2)
    assert [colour.rgb for colour in found] == [(200, 30, 30), (20, 40, 160)]
    assert [colour.share for colour in found] == pytest.approx([0.75, 0.25], abs=0.01)


def test_a_palette_ignores_the_backdrop() -> None:
    """Otherwise every product counts as white."""
    pixels = np.full((40, 40, 3), 255, np.uint8)
    pixels[10:20, 10:20] = (20, 40, 160)
    alpha = (pixels[..., 0] < 255).astype(np.float32)
    assert [colour.rgb for colour in palette(pixels, alpha, 3)] == [(20, 40, 160)]


@given(seed=st.integers(0, 20), n=st.integers(1, 6))
def test_palettes_are_repeatable_and_complete(seed: int, n: int) -> None:
    """Otherwise the same product gets another background on another day."""
    pixels = np.random.default_rng(seed).integers(0, 256, (20, 20, 3), np.uint8)
    alpha = np.ones((20, 20), np.float32)
    found = palette(pixels, alpha, n)
    assert found == palette(pixels, alpha, n)
    assert sum(colour.share for colour in found) == pytest.approx(1.0)


def test_a_palette_of_nothing_is_refused() -> None:
    """Otherwise an empty matte goes on unnoticed."""
    with pytest.raises(ImageError):
        palette(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.float32), 3)
