"""Quality and composition of real photos, as a merchant would order and name them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from kirakat.models.segmenters import load_segmenter
from kirakat.pipeline.step1_mask import mask
from kirakat.quality.photo import photo_facts
from kirakat.types import PhotoFacts, SourceImage

pytestmark = pytest.mark.slow

WORDS = {
    "online-boutique/tank-top": "plain ground",
    "online-boutique/loafers": "tight",
    "vendure/kari-shea-398668-unsplash": "scene",
    "vendure/annie-spratt-78044-unsplash": "several objects",
    "vendure/thomas-q-1229169-unsplash": "cut off",
    "vendure/alexander-andrews-260988-unsplash": "small",
}
# A bicycle, dark on dark; a ball, a tenth of the frame.
POOR = ("vendure/mikkel-bech-748940-unsplash", "vendure/tommy-bebo-600358-unsplash")


@lru_cache(maxsize=16)
def _facts(data: Path, name: str) -> PhotoFacts:
    bgr = np.asarray(cv2.imread(str(data / "catalogs" / f"{name}.jpg"), cv2.IMREAD_COLOR), np.uint8)
    pixels = np.ascontiguousarray(bgr[..., ::-1])
    image = SourceImage(pixels=pixels, alpha=None, sha256="0" * 64, uri=name)
    return photo_facts(image, mask(image, segmenter=load_segmenter("u2netp")))


@pytest.mark.parametrize("name", WORDS)
def test_a_real_photo_is_called_what_it_is(test_data: Path, name: str) -> None:
    """Otherwise lifts are reported for pictures of another kind."""
    assert _facts(test_data, name).composition == WORDS[name]


@pytest.mark.parametrize("poor", POOR)
def test_a_studio_photo_beats_a_poor_one(test_data: Path, poor: str) -> None:
    """Otherwise the wrong photos are taken again."""
    assert _facts(test_data, "online-boutique/tank-top").quality > 0.9
    assert _facts(test_data, poor).quality < 0.7
