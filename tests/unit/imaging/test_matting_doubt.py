"""Signs that a matte may be wrong, on drawn photos."""

from __future__ import annotations

import numpy as np
import pytest

from kirakat.imaging.colour import rgb_to_lab
from kirakat.imaging.matting.backdrop import Backdrop
from kirakat.imaging.matting.doubt import cut_share, is_black, likeness, shade_share
from kirakat.types import RGB, Alpha

SIZE = 200
SQUARE = np.zeros((SIZE, SIZE), np.float32)
SQUARE[60:140, 60:140] = 1.0


def _photo(product: tuple[int, int, int], ground: tuple[int, int, int] = (230, 230, 230)) -> RGB:
    """A square of one colour on a ground of another, with noise."""
    noise = np.random.default_rng(2).normal(0.0, 2.0, (SIZE, SIZE, 3))
    blend = np.where(SQUARE[..., None] > 0, product, ground) + noise
    return np.clip(np.rint(blend), 0, 255).astype(np.uint8)


def _backdrop(colour: tuple[int, int, int] = (230, 230, 230)) -> Backdrop:
    flat = np.full((SIZE, SIZE, 3), colour, np.uint8)
    return Backdrop(colour=rgb_to_lab(flat), noise=0.8, plainness=1.0)


def test_unlike_colours_are_unlike() -> None:
    """Otherwise good studio photos are held back."""
    assert likeness(_photo((40, 90, 160)), SQUARE) < 0.05


def test_a_product_of_the_grounds_colour_is_alike() -> None:
    """Otherwise a matte that nobody can check passes."""
    assert likeness(_photo((230, 230, 230)), SQUARE) > 0.8


def test_a_matte_without_ground_is_alike() -> None:
    """Otherwise a photo that is all product is trusted, since there is nothing to compare."""
    assert likeness(_photo((40, 90, 160)), np.ones_like(SQUARE)) == 1.0


@pytest.mark.parametrize(("left", "expected"), [(60, 0.0), (0, 0.22)])
def test_the_outline_at_the_photos_edge_is_measured(left: int, expected: float) -> None:
    """Otherwise half a product is taken for a whole one."""
    alpha: Alpha = np.zeros((SIZE, SIZE), np.float32)
    alpha[60:140, left:140] = 1.0
    assert cut_share(alpha) == pytest.approx(expected, abs=0.04)


def _with_shadow() -> tuple[RGB, Alpha]:
    """The square with a hard, even shadow beside it, both in the matte."""
    pixels = _photo((40, 90, 160))
    pixels[80:140, 140:160] = (70, 70, 70)
    alpha = SQUARE.copy()
    alpha[80:140, 140:160] = 1.0
    return pixels, alpha


def test_a_hard_shadow_in_the_matte_is_suspected() -> None:
    """Otherwise the studio's shadow is carried into every scene."""
    pixels, alpha = _with_shadow()
    coverage = np.where(SQUARE > 0, 1.0, 0.9 * alpha).astype(np.float32)
    assert shade_share(pixels, alpha, coverage, _backdrop()) > 0.06


def test_a_grey_part_that_the_segmenter_is_sure_of_is_no_shadow() -> None:
    """Otherwise grey products are held back."""
    pixels, alpha = _with_shadow()
    assert shade_share(pixels, alpha, alpha, _backdrop()) < 0.01


@pytest.mark.parametrize(("level", "black"), [(10, True), (90, False)])
def test_a_black_ground_hides_black_parts(level: int, black: bool) -> None:
    """Otherwise a laptop loses its dark frame and passes."""
    assert is_black(_backdrop((level, level, level))) is black
