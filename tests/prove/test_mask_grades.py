"""Confidence against a person's grades of the mattes of real photos."""

from __future__ import annotations

import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest

from kirakat.errors import MaskError
from kirakat.models.segmenters import load_segmenter
from kirakat.pipeline.step1_mask import mask
from kirakat.quality.thresholds import Thresholds
from kirakat.types import SourceImage

GRADES = Path(__file__).parents[2] / "data" / "matte_grades.toml"
# Measured, less a margin for other machines' rounding.
LEAST_AUC = 0.93
# Of the publishable mattes, the share that need no person.
LEAST_PASSING = 0.8


@pytest.fixture(scope="module")
def graded(test_data: Path) -> list[tuple[str, str, float]]:
    """File name, grade and confidence of every graded photo; 0 where no product was found."""
    segmenter = load_segmenter()
    found = []
    for folder, photos in tomllib.loads(GRADES.read_text(encoding="utf-8")).items():
        for name, grade in photos.items():
            path = test_data / "catalogs" / folder / name
            bgr = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), np.uint8)
            pixels = np.ascontiguousarray(bgr[..., ::-1])
            image = SourceImage(pixels=pixels, alpha=None, sha256="0" * 64, uri=name)
            try:
                confidence = mask(image, segmenter=segmenter).confidence
            except MaskError:
                confidence = 0.0
            found.append((name, grade, confidence))
    return found


def _of(
    graded: list[tuple[str, str, float]], grade: str
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([confidence for _, given, confidence in graded if given == grade])


def test_confidence_ranks_bad_mattes_below_publishable_ones(
    graded: list[tuple[str, str, float]],
) -> None:
    """Otherwise people review good mattes while bad ones are advertised."""
    bad, good = _of(graded, "bad")[:, None], _of(graded, "publishable")[None]
    assert float(np.mean((good > bad) + 0.5 * (good == bad))) >= LEAST_AUC


def test_no_bad_matte_passes_the_gate(graded: list[tuple[str, str, float]]) -> None:
    """Otherwise half a chair, or a room around a table, is shown as the product."""
    limit = Thresholds.load().mask_confidence_review
    assert not [name for name, grade, sure in graded if grade == "bad" and sure >= limit]


def test_most_publishable_mattes_pass_the_gate(graded: list[tuple[str, str, float]]) -> None:
    """Otherwise the gate is safe because it passes nothing."""
    limit = Thresholds.load().mask_confidence_review
    assert float(np.mean(_of(graded, "publishable") >= limit)) >= LEAST_PASSING
