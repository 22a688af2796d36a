"""Photos: what is measured falls with what is wrong, and the words are right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kirakat.imaging.matting.components import count_objects, tight_box, touched_sides
from kirakat.quality.photo import WEIGHTS, combine, photo_facts
from kirakat.quality.photo_facts import decode_facts, encode_facts
from kirakat.quality.photo_measures import measure_photo
from kirakat.types import RGB, Alpha, Cutout, PhotoFacts, SourceImage

SIZE = 1000
Spoil = Callable[[RGB], RGB]


def _disc(x: float, y: float, radius: float, shape: tuple[int, int] = (SIZE, SIZE)) -> Alpha:
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    distance = np.hypot(columns - x, rows - y)
    return np.asarray(np.clip(radius - distance, 0.0, 1.0), np.float32)


def _cutout(pixels: RGB, alpha: Alpha) -> Cutout:
    return Cutout(
        foreground=pixels,
        alpha=alpha,
        bbox=tight_box(alpha),
        method="segmenter",
        model="test@1",
        confidence=1.0,
        coverage=float(alpha.mean()),
        border_contact=touched_sides(alpha),
        object_count=count_objects(alpha),
    )


def _photo(alpha: Alpha, ground: RGB | None = None) -> RGB:
    """A checked product of that coverage, on near white unless another ground is given."""
    rows, columns = np.indices(alpha.shape) // 37
    product = np.where(((rows + columns) % 2 == 0)[..., None], (40, 60, 150), (200, 120, 40))
    behind = np.full((*alpha.shape, 3), 225, np.uint8) if ground is None else ground
    return np.rint(product * alpha[..., None] + behind * (1.0 - alpha[..., None])).astype(np.uint8)


def _facts(pixels: RGB, alpha: Alpha) -> PhotoFacts:
    image = SourceImage(pixels=pixels, alpha=None, sha256="0" * 64, uri="disc.png")
    return photo_facts(image, _cutout(pixels, alpha))


GOOD = _disc(500, 500, 420)


def _blurred(pixels: RGB) -> RGB:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), 3.0), np.uint8)


def _noisy(pixels: RGB) -> RGB:
    noise = np.random.default_rng(0).normal(0.0, 20.0, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def _compressed(pixels: RGB) -> RGB:
    data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 3])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _clipped(pixels: RGB) -> RGB:
    return np.where(pixels.mean(2, keepdims=True) > 90.0, 255, 0).repeat(3, 2).astype(np.uint8)


SPOILT: dict[str, tuple[str, Spoil]] = {
    "blurred": (
        "sharpness",
        _blurred,
    ),
    "dark": ("exposure", lambda pixels: (pixels * 0.1).astype(np.uint8)),
    "flat": ("exposure", lambda pixels: (pixels * 0.05 + 150.0).astype(np.uint8)),
    "clipped": ("exposure", _clipped),
    "noisy": ("cleanness", _noisy),
    "compressed": ("cleanness", _compressed),
}


def test_a_good_photo_has_nothing_against_it() -> None:
    """Otherwise the best photos of a catalogue are called mediocre."""
    facts = _facts(_photo(GOOD), GOOD)
    assert facts.quality > 0.95
    assert facts.composition == "plain ground"


@pytest.mark.parametrize("fault", SPOILT)
def test_a_fault_lowers_its_part(fault: str) -> None:
    """Otherwise a merchant is not told why a photo is poor."""
    part, spoil = SPOILT[fault]
    pixels = _photo(GOOD)
    good, spoilt = _facts(pixels, GOOD), _facts(spoil(pixels), GOOD)
    assert spoilt.parts[part] < 0.7 * good.parts[part]
    assert spoilt.quality < 0.95 * good.quality


@pytest.mark.parametrize(
    "alpha", [_disc(500, 500, 120), _disc(250, 700, 240), _disc(100, 500, 420)],
    ids=["small", "aside", "cut"],
)  # fmt: skip
def test_bad_framing_lowers_its_part(alpha: Alpha) -> None:
    """Otherwise half a product counts for as much as a whole one."""
    assert _facts(_photo(alpha), alpha).parts["framing"] < 0.7


def test_fewer_pixels_lower_the_resolution() -> None:
    """Otherwise a thumbnail counts for as much as a photo that can be zoomed."""
    pixels = cv2.resize(_photo(GOOD), (250, 250), interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(GOOD, (250, 250), interpolation=cv2.INTER_AREA)
    found = _facts(np.asarray(pixels, np.uint8), np.asarray(alpha, np.float32)).parts["resolution"]
    # 210 of 100 to 800 px, by the logarithm.
    assert found == pytest.approx(np.log(2.1) / np.log(8.0), abs=0.02)


@pytest.mark.parametrize("blur", [1.5, 2.5, 3.5])
def test_blur_is_told_in_pixels(blur: float) -> None:
    """Otherwise sharpness would depend on what a product looks like."""
    pixels = _photo(_disc(500, 500, 360))
    soft = np.asarray(cv2.GaussianBlur(pixels, (0, 0), blur), np.uint8)
    cutout = _cutout(soft, _disc(500, 500, 360))
    assert measure_photo(soft, cutout).blur == pytest.approx(blur, abs=0.35)


def _room() -> RGB:
    room = np.full((SIZE, SIZE, 3), 230, np.uint8)
    room[:600, :300] = (90, 60, 40)
    room[700:] = (120, 110, 90)
    room[200:500, 650:] = (30, 120, 60)
    return room


def _graded() -> RGB:
    light = np.linspace(150, 240, SIZE)[:, None, None] + np.zeros((1, SIZE, 3))
    return light.astype(np.uint8)


TWO = np.maximum(_disc(280, 500, 200), _disc(720, 500, 200))
TORN = np.maximum(_disc(290, 500, 200), _disc(705, 500, 200))
WORDS: dict[str, tuple[str, Alpha, RGB | None]] = {
    "on white": ("plain ground", GOOD, None),
    "on a graded wall": ("plain ground", GOOD, _graded()),
    "in a room": ("scene", _disc(500, 500, 300), _room()),
    "small in a room": ("small", _disc(500, 500, 100), _room()),
    "lost on white": ("small", _disc(500, 500, 100), None),
    "without room around": ("tight", _disc(500, 500, 490), None),
    "off the edge": ("cut off", _disc(150, 500, 400), None),
    "two": ("several objects", TWO, None),
    "torn by the matte": ("plain ground", TORN, None),
}


@pytest.mark.parametrize("case", WORDS)
def test_composition(case: str) -> None:
    """Otherwise a report tells of lifts for pictures that are of another kind."""
    word, alpha, ground = WORDS[case]
    assert _facts(_photo(alpha, ground), alpha).composition == word


def test_a_file_with_coverage_of_its_own_has_no_ground() -> None:
    """Otherwise colours that nobody sees would make a scene of a cutout."""
    alpha = _disc(500, 500, 300)
    pixels = _photo(alpha, _room())
    image = SourceImage(pixels=pixels, alpha=alpha, sha256="0" * 64, uri="disc.png")
    cutout = replace(_cutout(pixels, alpha), method="alpha", model="alpha")
    assert photo_facts(image, cutout).composition == "plain ground"


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    height=st.integers(16, 90),
    width=st.integers(16, 90),
    level=st.floats(0.05, 0.95),
)
def test_any_photo_has_a_quality(seed: int, height: int, width: int, level: float) -> None:
    """Otherwise one odd photo would stop its offer."""
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 256, (height, width, 3), dtype=np.uint8)
    alpha = (generator.random((height, width)) > level).astype(np.float32)
    alpha[height // 2, width // 2] = 1.0
    facts = _facts(pixels, alpha)
    assert 0.0 < facts.quality <= 1.0
    assert set(facts.parts) == set(WEIGHTS)
    assert all(0.0 <= part <= 1.0 for part in facts.parts.values())


def test_the_parts_weigh_one_together() -> None:
    """Otherwise a faultless photo would not have the quality 1."""
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)
    assert combine(dict.fromkeys(WEIGHTS, 1.0)) == pytest.approx(1.0)


def test_facts_survive_the_cache() -> None:
    """Otherwise a second run would tell another quality than the first."""
    facts = _facts(_photo(GOOD), GOOD)
    assert decode_facts(encode_facts(facts)) == facts
