"""Whether rims that do not belong are found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from kirakat.quality.halo import halo
from kirakat.quality.thresholds import Thresholds
from kirakat.types import RGB

if TYPE_CHECKING:
    from tests.unit.quality.conftest import Shot


def pasted_with_rim(shot: Shot, grow: int) -> RGB:
    """The jar pasted with a matte that takes `grow` source pixels of white backdrop along."""
    kernel = np.ones((2 * grow + 1, 2 * grow + 1), np.uint8)
    wide = cv2.dilate(shot.cutout.alpha, kernel).astype(np.float32)
    careless = replace(shot.cutout, alpha=wide, foreground=shot.source.pixels)
    return replace(shot, cutout=careless).composed()


def test_clean_edge_measures_little(shot: Shot) -> None:
    """Else every creative is reviewed for a halo that is not there."""
    assert halo(shot.composed(), shot.alpha) < 0.5 * Thresholds.load().halo_review


@pytest.mark.parametrize("level", [40, 90, 150, 200])
def test_clean_edge_measures_little_on_any_ground(shot: Shot, level: int) -> None:
    """Else contrast alone counts as a halo."""
    plain = replace(shot, background=np.full((400, 400, 3), level, np.uint8))
    assert halo(plain.composed(), shot.alpha) < 0.6 * Thresholds.load().halo_review


def test_light_rim_is_rejected(shot: Shot) -> None:
    """Else the white outline of a careless cutout is shown to shoppers."""
    assert halo(pasted_with_rim(shot, 3), shot.alpha) > 1.1 * Thresholds.load().halo_reject


def test_wider_rim_measures_more(shot: Shot) -> None:
    """Else the number says nothing of how visible a rim is."""
    clean = halo(shot.composed(), shot.alpha)
    narrow, wide = (halo(pasted_with_rim(shot, grow), shot.alpha) for grow in (1, 2))
    assert clean < narrow < wide


def test_ghost_edge_is_found(shot: Shot) -> None:
    """Else a second edge, drawn by the model beside the real one, is shown to shoppers."""
    away = cv2.distanceTransform((shot.alpha < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    ghost = shot.background.copy()
    ghost[away < 3.0] = (245, 240, 90)
    bad = replace(shot, background=ghost).composed(grounded=False)
    assert halo(bad, shot.alpha) > Thresholds.load().halo_review


@pytest.mark.parametrize("coverage", [0.0, 1.0])
def test_picture_without_outline_measures_zero(coverage: float) -> None:
    """Else a product that fills the canvas, or none at all, divides by zero."""
    alpha = np.full((50, 50), coverage, np.float32)
    assert halo(np.zeros((50, 50, 3), np.uint8), alpha) == 0.0
