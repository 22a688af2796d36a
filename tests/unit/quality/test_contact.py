"""Whether floating products are found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from kirakat.quality.contact import contact_score
from kirakat.quality.thresholds import Thresholds
from kirakat.types import ProductView

if TYPE_CHECKING:
    from tests.unit.quality.conftest import Shot


def score(shot: Shot, *, grounded: bool) -> float:
    """The contact of a standing jar."""
    measured = contact_score(shot.composed(grounded=grounded), shot.alpha, shot.layout)
    assert measured is not None
    return measured


def test_shadow_under_the_base_is_contact(shot: Shot) -> None:
    """Else good creatives are sent to review."""
    assert score(shot, grounded=True) > 1.5 * Thresholds.load().contact_review


def test_product_without_shadow_floats(shot: Shot) -> None:
    """Else a product pasted on its scene like a sticker is shown to shoppers."""
    assert score(shot, grounded=False) < 0.7 * Thresholds.load().contact_reject


def test_dark_ground_is_no_contact(shot: Shot) -> None:
    """Else every product on black passes for grounded."""
    dark = replace(shot, background=np.full((400, 400, 3), 30, np.uint8))
    assert score(dark, grounded=False) == 0.0


@pytest.mark.parametrize("view", ["lying", "hanging"])
def test_other_views_have_no_contact(shot: Shot, view: ProductView) -> None:
    """Else flat-lay products are rejected for not standing."""
    layout = replace(shot.layout, view=view)
    assert contact_score(shot.composed(), shot.alpha, layout) is None


def test_product_held_at_the_bottom_has_no_contact(shot: Shot) -> None:
    """Else products that the photo cuts off are rejected for not standing."""
    lower = replace(shot.layout, offset_y=160.0)
    sunk = replace(shot, layout=lower)
    assert contact_score(sunk.composed(), sunk.alpha, lower) is None
