"""Whether badly framed products are found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from kirakat.quality.framing import framing
from kirakat.types import Insets

if TYPE_CHECKING:
    from tests.unit.quality.conftest import Shot

SAFE = Insets(left=0.06, top=0.06, right=0.06, bottom=0.06)


def test_coverage_is_the_mean_of_alpha(shot: Shot) -> None:
    """Else the size limit means something else than a share of the area."""
    assert framing(shot.alpha, shot.layout, SAFE).coverage == pytest.approx(shot.alpha.mean())


def test_well_placed_product_is_neither_cut_nor_unsafe(shot: Shot) -> None:
    """Else good layouts are rejected."""
    measured = framing(shot.alpha, shot.layout, SAFE)
    assert measured.cut_sides == frozenset()
    assert measured.unsafe_share == 0.0


def test_cut_product_names_its_side(shot: Shot) -> None:
    """Else a product that hangs out of its picture is shown to shoppers."""
    moved = replace(shot.layout, offset_x=250.0)
    alpha = replace(shot, layout=moved).alpha
    assert framing(alpha, moved, SAFE).cut_sides == {"right"}


def test_held_side_is_no_cut(shot: Shot) -> None:
    """Else products that the photo itself cuts off can never pass."""
    held = replace(shot.layout, offset_x=250.0, held_sides=frozenset({"right"}))
    measured = framing(replace(shot, layout=held).alpha, held, SAFE)
    assert measured.cut_sides == frozenset()
    assert measured.unsafe_share == 0.0


def test_unsafe_share_is_the_area_under_the_overlay(shot: Shot) -> None:
    """Else a title covers the product unnoticed."""
    wide = Insets(left=0.5)
    assert framing(shot.alpha, shot.layout, wide).unsafe_share == pytest.approx(0.5, abs=0.01)


def test_empty_matte_is_measured(shot: Shot) -> None:
    """Else an empty matte divides by zero."""
    measured = framing(np.zeros((400, 400), np.float32), shot.layout, SAFE)
    assert measured.coverage == 0.0
    assert measured.unsafe_share == 0.0
