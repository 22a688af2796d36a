"""Whether altered product pixels are found."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from kirakat.imaging.resample import interior, resample_product
from kirakat.quality.exact_resample import exact_resample
from kirakat.quality.fidelity import encoded_psnr, fidelity
from kirakat.types import RGB, Box, Layout

if TYPE_CHECKING:
    from tests.unit.quality.conftest import Shot

both = pytest.mark.parametrize("strict", [False, True])


@both
def test_untouched_product_differs_by_nothing(shot: Shot, strict: bool) -> None:
    """Else every good creative is rejected."""
    difference, compared = fidelity(
        shot.composed(), shot.source.pixels, shot.cutout, shot.layout, strict=strict
    )
    assert difference == 0
    assert compared > 15_000


@both
def test_one_altered_pixel_is_found(shot: Shot, strict: bool) -> None:
    """Else a retouched product is shown to shoppers."""
    creative = shot.composed()
    creative[230, 200, 1] ^= 1
    assert fidelity(creative, shot.source.pixels, shot.cutout, shot.layout, strict=strict)[0] == 1


@both
def test_shifted_product_is_found(shot: Shot, strict: bool) -> None:
    """Else a product pasted a pixel beside its place goes unseen."""
    shifted = np.roll(shot.composed(), 1, axis=1)
    assert fidelity(shifted, shot.source.pixels, shot.cutout, shot.layout, strict=strict)[0] > 5


def test_foreground_unlike_the_photo_is_not_shown(shot: Shot) -> None:
    """Else a wrong foreground estimate repaints the product's inside."""
    wrong = replace(shot.cutout, foreground=shot.cutout.foreground // 2)
    creative = replace(shot, cutout=wrong).composed()
    assert fidelity(creative, shot.source.pixels, shot.cutout, shot.layout)[0] == 0


def test_matte_without_inside_compares_nothing(shot: Shot) -> None:
    """Else a product of nothing but rim passes as compared."""
    faint = replace(shot.cutout, alpha=shot.cutout.alpha * np.float32(0.5))
    assert fidelity(shot.composed(), shot.source.pixels, faint, shot.layout) == (0, 0)


@settings(max_examples=25)
@given(
    scale=st.floats(0.3, 1.8),
    x=st.floats(-20.0, 30.0),
    y=st.floats(-20.0, 30.0),
    seed=st.integers(0, 99),
)
def test_two_resamplers_agree(scale: float, x: float, y: float, seed: int) -> None:
    """Else the certificate rests on a resampler that checks itself."""
    pixels: RGB = np.random.default_rng(seed).integers(0, 256, (50, 60, 3), np.uint8)
    layout = Layout(
        width=70,
        height=64,
        scale=scale,
        offset_x=x,
        offset_y=y,
        product_box=Box(x=0, y=0, width=1, height=1),
        base_x=0,
        base_y=0,
        base_half_width=0,
        view="standing",
    )
    inside = interior(np.ones((50, 60), np.float32), layout)
    first = resample_product(pixels, layout)[inside].astype(int)
    differences = [
        np.abs(first - exact_resample(pixels, layout, rows_first=order)[inside]).max(initial=0)
        for order in (False, True)
    ]
    assert min(differences) <= 1


def test_lossless_encoding_has_infinite_psnr(shot: Shot) -> None:
    """Else PNG creatives are sent to review."""
    creative = shot.composed()
    inside = interior(shot.cutout.alpha, shot.layout)
    assert encoded_psnr(creative.copy(), creative, inside) == math.inf


def test_psnr_falls_with_quality(shot: Shot) -> None:
    """Else a byte cap that ruins the product goes unseen."""
    creative, measured = shot.composed(), []
    inside = interior(shot.cutout.alpha, shot.layout)
    for quality in (95, 60, 5):
        file = io.BytesIO()
        Image.fromarray(creative).save(file, "JPEG", quality=quality)
        measured.append(encoded_psnr(np.asarray(Image.open(file)), creative, inside))
    assert measured[0] > 38 > measured[1] > measured[2]


def test_psnr_is_that_of_the_formula() -> None:
    """Else thresholds in dB mean something else here."""
    inside = np.ones((4, 4), np.bool_)
    zero, ten = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 10, np.uint8)
    assert encoded_psnr(ten, zero, inside) == pytest.approx(28.1308, abs=1e-3)
