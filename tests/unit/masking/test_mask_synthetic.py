"""Mattes of drawn products against what was drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kirakat.errors import MaskError
from kirakat.pipeline.step1_mask import MaskSettings, mask
from kirakat.types import SourceImage
from tests.unit.masking.photos import (
    OracleSegmenter,
    disc,
    even_ground,
    graded_ground,
    overlap,
    photo,
    ring,
    shaded,
)

SIZE = 360
ONE_LOOK = MaskSettings(second_pass=False)
BLIND = OracleSegmenter(np.zeros((SIZE, SIZE), np.float32))
GROUNDS = {
    "white": even_ground(SIZE, (255, 255, 255)),
    "even": even_ground(SIZE, (214, 205, 190)),
    "graded": graded_ground(SIZE),
}


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
def test_a_disc_is_found_on_plain_ground(ground: NDArray[np.float32]) -> None:
    """Otherwise studio photos are cut wrongly."""
    truth = disc(SIZE)
    cutout = mask(photo(truth, ground), segmenter=OracleSegmenter(truth), settings=ONE_LOOK)
    assert cutout.method == "backdrop"
    assert overlap(cutout.alpha, truth) > 0.985


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
def test_a_shadow_stays_out_of_the_matte(ground: NDArray[np.float32]) -> None:
    """Otherwise products drag a piece of their old ground into the new scene."""
    truth = disc(SIZE)
    image = photo(truth, shaded(ground, truth))
    cutout = mask(image, segmenter=OracleSegmenter(truth), settings=ONE_LOOK)
    assert overlap(cutout.alpha, truth) > 0.975


def test_a_hole_that_shows_the_ground_is_opened() -> None:
    """Otherwise a mug's handle keeps a patch of the studio."""
    seen = OracleSegmenter(disc(SIZE))
    cutout = mask(photo(ring(SIZE), GROUNDS["even"]), segmenter=seen, settings=ONE_LOOK)
    assert cutout.alpha[SIZE // 2, SIZE // 2] == 0.0


def test_a_coloured_product_is_found_though_the_segmenter_sees_nothing() -> None:
    """Otherwise a weak network spoils photos that need none."""
    truth = disc(SIZE)
    cutout = mask(photo(truth, GROUNDS["white"]), segmenter=BLIND, settings=ONE_LOOK)
    assert overlap(cutout.alpha, truth) > 0.98


def test_what_the_segmenter_alone_sees_has_less_confidence() -> None:
    """Otherwise nobody is asked to look at doubtful mattes."""
    truth = disc(SIZE)
    image = photo(truth, GROUNDS["white"])
    agreed = mask(image, segmenter=OracleSegmenter(truth), settings=ONE_LOOK)
    alone = mask(image, segmenter=BLIND, settings=ONE_LOOK)
    assert alone.confidence < 0.5 < agreed.confidence


def test_the_segmenter_decides_where_the_ground_is_busy() -> None:
    """Otherwise photos taken in a room cannot be used."""
    truth = disc(SIZE)
    busy = np.random.default_rng(1).uniform(0, 255, (SIZE, SIZE, 3)).astype(np.float32)
    image = photo(truth, busy)
    cutout = mask(image, segmenter=OracleSegmenter(truth), settings=ONE_LOOK)
    assert cutout.method == "segmenter"
    assert overlap(cutout.alpha, truth) > 0.93


def test_no_ground_colour_is_left_in_the_rim() -> None:
    """Otherwise dark products wear a light halo in every scene."""
    truth = disc(SIZE)
    image = photo(truth, GROUNDS["white"], colour=(20, 20, 20))
    cutout = mask(image, segmenter=OracleSegmenter(truth), settings=ONE_LOOK)
    rim = (cutout.alpha > 0.05) & (cutout.alpha < 1.0)
    assert rim.any()
    assert cutout.foreground[rim].mean() < 45


def test_colours_go_on_beyond_the_rim() -> None:
    """Otherwise resampling the product mixes the old ground in."""
    truth = disc(SIZE)
    image = photo(truth, GROUNDS["white"], colour=(20, 20, 20))
    cutout = mask(image, segmenter=OracleSegmenter(truth), settings=ONE_LOOK)
    beyond = (disc(SIZE, radius=0.29) > 0) & (cutout.alpha == 0.0)
    assert cutout.foreground[beyond].mean() < 60


@settings(max_examples=12)
@given(
    x=st.floats(0.2, 0.8),
    y=st.floats(0.2, 0.8),
    radius=st.floats(0.1, 0.35),
    level=st.integers(0, 150),
)
def test_certain_pixels_are_the_sources(x: float, y: float, radius: float, level: int) -> None:
    """Otherwise the product that is sold is not the product that is shown."""
    truth = np.maximum(disc(200, x=x, y=y, radius=radius), disc(200, radius=0.08))
    image = photo(truth, graded_ground(200), colour=(level, 90, 40))
    cutout = mask(image, segmenter=OracleSegmenter(truth), settings=ONE_LOOK)
    solid = cutout.alpha == 1.0
    assert solid.any()
    np.testing.assert_array_equal(cutout.foreground[solid], image.pixels[solid])


def test_a_product_cut_off_by_the_photo_is_reported() -> None:
    """Otherwise half a product floats in the middle of a scene."""
    truth = disc(SIZE, y=0.95)
    cutout = mask(
        photo(truth, GROUNDS["even"]), segmenter=OracleSegmenter(truth), settings=ONE_LOOK
    )
    assert cutout.border_contact == frozenset({"bottom"})


def test_a_pair_is_kept_and_counted() -> None:
    """Otherwise one shoe of two is lost."""
    truth = np.maximum(disc(SIZE, x=0.28, radius=0.15), disc(SIZE, x=0.72, radius=0.15))
    cutout = mask(
        photo(truth, GROUNDS["even"]), segmenter=OracleSegmenter(truth), settings=ONE_LOOK
    )
    assert cutout.object_count == 2


def test_specks_of_dust_are_dropped() -> None:
    """Otherwise dust on the studio table is advertised."""
    truth = disc(SIZE)
    dusty = np.maximum(truth, disc(SIZE, x=0.9, y=0.1, radius=0.008))
    cutout = mask(
        photo(dusty, GROUNDS["even"]), segmenter=OracleSegmenter(truth), settings=ONE_LOOK
    )
    assert cutout.alpha[: SIZE // 5, SIZE * 4 // 5 :].max() == 0.0


def test_a_wire_that_the_segmenter_misses_is_kept() -> None:
    """Otherwise laces, temples and cables end in mid-air."""
    wired = disc(SIZE, radius=0.2)
    wired[SIZE // 2 - 1 : SIZE // 2 + 2, SIZE // 2 : SIZE * 9 // 10] = 1.0
    seen = OracleSegmenter(disc(SIZE, radius=0.2))
    cutout = mask(photo(wired, GROUNDS["even"]), segmenter=seen, settings=ONE_LOOK)
    assert cutout.alpha[SIZE // 2, SIZE * 8 // 10 : SIZE * 88 // 100].min() > 0.5


def test_the_files_own_alpha_is_used() -> None:
    """Otherwise a merchant's careful cutout is replaced by a guess."""
    truth = disc(SIZE)
    image = replace(photo(truth, GROUNDS["white"]), alpha=disc(SIZE, radius=0.2))
    cutout = mask(image, segmenter=BLIND)
    assert (cutout.method, cutout.confidence) == ("alpha", 1.0)
    assert overlap(cutout.alpha, disc(SIZE, radius=0.2)) == 1.0


def test_an_opaque_alpha_says_nothing() -> None:
    """Otherwise an opaque PNG is taken for a product without ground."""
    truth = disc(SIZE)
    image = replace(photo(truth, GROUNDS["white"]), alpha=np.ones((SIZE, SIZE), np.float32))
    assert mask(image, segmenter=OracleSegmenter(truth), settings=ONE_LOOK).method == "backdrop"


def test_a_persons_mask_is_followed() -> None:
    """Otherwise corrections made in review have no effect."""
    truth = disc(SIZE)
    cutout = mask(photo(truth, GROUNDS["white"]), segmenter=BLIND, object_mask=truth)
    assert cutout.model == "person"
    assert overlap(cutout.alpha, truth) > 0.98


def test_an_empty_picture_is_refused_with_advice() -> None:
    """Otherwise an empty studio is advertised."""
    nothing = np.zeros((SIZE, SIZE), np.float32)
    with pytest.raises(MaskError, match="plain ground"):
        mask(photo(nothing, GROUNDS["white"]), segmenter=BLIND)


def test_a_picture_without_ground_is_refused() -> None:
    """Otherwise a full-bleed picture is placed as if it were a product."""
    everything = np.ones((SIZE, SIZE), np.float32)
    busy = np.random.default_rng(1).uniform(0, 255, (SIZE, SIZE, 3)).astype(np.float32)
    with pytest.raises(MaskError, match="no ground"):
        mask(photo(everything * 0, busy), segmenter=OracleSegmenter(everything), settings=ONE_LOOK)


def test_a_tiny_picture_is_refused() -> None:
    """Otherwise a tracking pixel fails somewhere deep inside."""
    pixels = np.zeros((8, 300, 3), np.uint8)
    image = SourceImage(pixels=pixels, alpha=None, sha256="0" * 64, uri="pixel.gif")
    with pytest.raises(MaskError, match="too small"):
        mask(image, segmenter=BLIND)


@pytest.mark.parametrize("size", [40, 1900])
def test_small_and_large_photos_work(size: int) -> None:
    """Otherwise thumbnails or camera originals fail."""
    truth = disc(size)
    cutout = mask(
        photo(truth, even_ground(size)), segmenter=OracleSegmenter(truth), settings=ONE_LOOK
    )
    assert cutout.alpha.shape == (size, size)
    assert overlap(cutout.alpha, truth) > 0.95


def test_the_same_photo_gives_the_same_matte() -> None:
    """Otherwise caches and certificates lie."""
    truth = ring(SIZE)
    image = photo(truth, shaded(GROUNDS["graded"], truth))
    one, two = (mask(image, segmenter=OracleSegmenter(truth), settings=ONE_LOOK) for _ in range(2))
    np.testing.assert_array_equal(one.alpha, two.alpha)
    np.testing.assert_array_equal(one.foreground, two.foreground)
