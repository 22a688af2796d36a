"""The parts that a matte is made of."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kirakat.imaging.colour import rgb_to_lab
from kirakat.imaging.matting.backdrop import detect_backdrop
from kirakat.imaging.matting.closed_form import solve_matte
from kirakat.imaging.matting.components import touched_sides
from kirakat.imaging.matting.foreground import estimate_foreground
from kirakat.imaging.matting.guided_upsample import upsample_matte
from kirakat.imaging.matting.own_alpha import is_meaningful, snapped
from kirakat.imaging.matting.planes import resized, sampled
from kirakat.imaging.matting.trimap import trimap_of
from tests.unit.masking.photos import disc, even_ground, graded_ground, photo

NOBODY = np.zeros((200, 200), np.float32)


def test_a_graded_ground_is_plain() -> None:
    """Otherwise every photo with a light fall-off loses its best witness."""
    image = photo(disc(200), graded_ground(200))
    assert detect_backdrop(rgb_to_lab(image.pixels), disc(200)) is not None


def test_the_ground_is_known_behind_the_product() -> None:
    """Otherwise holes in the product are compared with a wrong colour."""
    ground = graded_ground(200)
    image = photo(disc(200), ground)
    found = detect_backdrop(rgb_to_lab(image.pixels), disc(200))
    assert found is not None
    expected = rgb_to_lab(np.clip(ground, 0, 255).astype(np.uint8))
    assert np.abs(found.colour - expected)[80:120, 80:120, 0].mean() < 2.0


def test_a_busy_ground_is_not_plain() -> None:
    """Otherwise a room is taken for a backdrop and furniture for product."""
    busy = np.random.default_rng(2).uniform(0, 255, (200, 200, 3)).astype(np.uint8)
    assert detect_backdrop(rgb_to_lab(busy), NOBODY) is None


def test_two_grounds_are_not_plain() -> None:
    """Otherwise a table's edge is taken for a product."""
    pixels = np.full((200, 200, 3), 235, np.uint8)
    pixels[120:] = (120, 80, 40)
    assert detect_backdrop(rgb_to_lab(pixels), NOBODY) is None


def test_the_solved_matte_finds_a_true_half_coverage() -> None:
    """Otherwise rims are jagged or blurred."""
    truth = disc(200)
    image = photo(truth, even_ground(200))
    trimap = trimap_of(truth > 0.5, 4)
    solved = solve_matte(image.pixels, trimap, (truth > 0.5).astype(np.float32))
    assert np.abs(solved - truth).max() < 0.25
    assert np.abs(solved - truth)[trimap == 0.5].mean() < 0.03


def test_a_trimap_without_doubt_comes_back() -> None:
    """Otherwise products that fill the crop fail in the solver."""
    sure = np.ones((20, 20), np.float32)
    pixels = np.zeros((20, 20, 3), np.uint8)
    np.testing.assert_array_equal(solve_matte(pixels, sure, sure), sure)


def test_a_wire_keeps_a_certain_middle() -> None:
    """Otherwise thin parts dissolve in their own band."""
    wire = np.zeros((60, 60), np.bool_)
    wire[28:33, 5:55] = True
    assert (trimap_of(wire, 4)[30, 10:50] == 1.0).all()


def test_an_upsampled_matte_follows_the_large_photos_edges() -> None:
    """Otherwise large photos get the small one's soft rims."""
    truth, small = disc(800), disc(200)
    large = photo(truth, even_ground(800)).pixels
    little = photo(small, even_ground(200)).pixels
    guided = upsample_matte(small, little, large)
    plain = resized(small, large.shape)
    assert np.abs(guided - truth).mean() < 0.5 * np.abs(plain - truth).mean()


@given(
    height=st.integers(2, 9), width=st.integers(2, 9), factor=st.sampled_from([0.5, 1.0, 2.0, 3.0])
)
def test_sampling_equals_resizing(height: int, width: int, factor: float) -> None:
    """Otherwise rim colours are taken from beside the rim."""
    plane = np.random.default_rng(5).uniform(0, 1, (height, width, 3)).astype(np.float32)
    shape = (max(1, round(height * factor)), max(1, round(width * factor)))
    where = np.ones(shape, np.bool_)
    where[0, 0] = False
    np.testing.assert_allclose(sampled(plane, where), resized(plane, shape)[where], atol=0.02)


@given(low=st.floats(0.0, 0.2), high=st.floats(0.8, 1.0))
def test_snapping_only_moves_the_extremes(low: float, high: float) -> None:
    """Otherwise soft rims are lost or faint veils stay."""
    alpha = np.linspace(0.0, 1.0, 101, dtype=np.float32)
    out = snapped(alpha, low, high)
    middle = (alpha >= low) & (alpha <= high)
    np.testing.assert_array_equal(out[middle], alpha[middle])
    assert set(np.unique(out[~middle])) <= {0.0, 1.0}


def test_an_alpha_that_is_opaque_means_nothing() -> None:
    """Otherwise opaque PNGs are never masked."""
    assert not is_meaningful(np.ones((10, 10), np.float32))


def test_each_side_is_reported_by_its_name() -> None:
    """Otherwise a cut-off product is held at the wrong side."""
    alpha = np.zeros((100, 100), np.float32)
    alpha[40:60, :50] = 1.0
    assert touched_sides(alpha) == frozenset({"left"})


def test_a_colour_estimate_leaves_certain_pixels_alone() -> None:
    """Otherwise the product's own pixels change."""
    truth = disc(200)
    pixels = photo(truth, even_ground(200)).pixels
    colours = estimate_foreground(pixels, truth)
    np.testing.assert_array_equal(colours[truth == 1.0], pixels[truth == 1.0])
