"""How a product rests, from its matte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from kirakat.errors import MaskError
from kirakat.imaging.geometry import bounding_box, centroid, contact, estimate_view, is_stable
from kirakat.types import Alpha, Box, ProductView


def blank() -> Alpha:
    """A matte of 200x200 without product."""
    return np.zeros((200, 200), np.float32)


def rectangle(x: int, y: int, width: int, height: int) -> Alpha:
    """A matte with one rectangle."""
    alpha = blank()
    alpha[y : y + height, x : x + width] = 1.0
    return alpha


def ball() -> Alpha:
    """A matte with one disc."""
    rows, columns = np.mgrid[:200, :200] + 0.5
    return np.asarray(np.hypot(columns - 100, rows - 100) < 60, np.float32)


def bar(degrees: float, length: float = 150.0, breadth: float = 24.0) -> Alpha:
    """A matte with one bar, turned by an angle from level."""
    rows, columns = np.mgrid[:200, :200] - 99.5
    turn = np.radians(degrees)
    along = columns * np.cos(turn) + rows * np.sin(turn)
    across = rows * np.cos(turn) - columns * np.sin(turn)
    inside = (np.abs(along) < length / 2) & (np.abs(across) < breadth / 2)
    return np.asarray(inside, np.float32)


@given(
    x=st.integers(0, 90), y=st.integers(0, 90), width=st.integers(2, 99), height=st.integers(2, 99)
)
def test_box_and_mass_of_a_rectangle_are_its_own(x: int, y: int, width: int, height: int) -> None:
    """Otherwise every layout is off by a pixel or more."""
    alpha = rectangle(x, y, width, height)
    assert bounding_box(alpha) == Box(x=x, y=y, width=width, height=height)
    assert centroid(alpha) == pytest.approx((x + width / 2, y + height / 2))


@given(
    x=st.integers(0, 90), y=st.integers(0, 90), width=st.integers(2, 99), height=st.integers(2, 99)
)
def test_a_rectangle_touches_along_its_bottom(x: int, y: int, width: int, height: int) -> None:
    """Otherwise shadows fall beside the product."""
    touch = contact(rectangle(x, y, width, height))
    assert (touch.x, touch.y, touch.half_width) == (x + width / 2, y + height, width / 2)


def test_specks_below_the_product_do_not_move_the_contact() -> None:
    """Otherwise one wrong pixel of the mask makes the product float."""
    alpha = rectangle(60, 40, 80, 100)
    clean = contact(alpha)
    alpha[190:192, 20:22] = 1.0
    assert contact(alpha) == clean


def test_the_hindmost_foot_is_seen() -> None:
    """Otherwise the hind legs of a stool stand on the wall."""
    alpha = rectangle(40, 40, 100, 60)
    for x, bottom in ((42, 145), (80, 160), (130, 155)):
        alpha[100:bottom, x : x + 8] = 1.0
    found = contact(alpha)
    assert (found.y, found.depth) == (160.0, 15.0)
    assert contact(rectangle(60, 40, 80, 100)).depth == 0.0


@pytest.mark.parametrize("measure", [bounding_box, centroid, contact, is_stable])
def test_an_empty_matte_is_refused(measure: object) -> None:
    """Otherwise an empty picture is placed as if it were a product."""
    assert callable(measure)
    with pytest.raises(MaskError):
        measure(blank())


def test_a_box_and_a_ball_are_stable() -> None:
    """Otherwise jars and balls are laid down."""
    assert is_stable(rectangle(60, 40, 80, 100))
    assert is_stable(ball())


def test_a_product_on_its_cable_is_not_stable() -> None:
    """Otherwise a hairdryer stands on its cable."""
    alpha = rectangle(20, 30, 160, 50)
    alpha[80:190, 60:68] = 1.0
    assert not is_stable(alpha)


def test_two_products_that_each_stand_are_stable() -> None:
    """Otherwise a pair at different depths is laid down."""
    alpha = rectangle(20, 30, 50, 150)
    alpha[10:150, 110:160] = 1.0
    assert is_stable(alpha)


@pytest.mark.parametrize("degrees", [30, 45, 60, -35])
def test_a_slanted_product_lies(degrees: float) -> None:
    """Otherwise a watch laid across the photo balances on its strap."""
    assert estimate_view(bar(degrees), "", frozenset()) == "lying"


@pytest.mark.parametrize("degrees", [0, 90])
def test_a_straight_product_stands(degrees: float) -> None:
    """Otherwise bottles are laid down."""
    assert estimate_view(bar(degrees), "", frozenset()) == "standing"


@pytest.mark.parametrize(
    ("category", "view"), [("apparel", "hanging"), ("furniture", "standing"), ("", "lying")]
)
def test_habits_decide_for_clothes_and_furniture(category: str, view: ProductView) -> None:
    """Otherwise a dress stands on a table or a chair seen from its corner is laid down."""
    assert estimate_view(bar(45), category, frozenset()) == view


def test_a_product_cut_off_at_the_bottom_lies_unless_its_kind_stands() -> None:
    """Otherwise a product without visible support is set on a table."""
    alpha = rectangle(60, 100, 80, 100)
    assert estimate_view(alpha, "", frozenset({"bottom"})) == "lying"
    assert estimate_view(alpha, "kitchen", frozenset({"bottom"})) == "standing"


@pytest.mark.parametrize(
    ("name", "category", "view"),
    [
        ("bottles_2", "kitchen", "standing"),
        ("bottles_1", "kitchen", "lying"),
        ("cap_gray_2", "", "standing"),
        ("mug_set", "kitchen", "standing"),
        ("hoodie_black_1", "apparel", "hanging"),
    ],
)
def test_views_of_real_products(
    test_data: Path, name: str, category: str, view: ProductView
) -> None:
    """Otherwise real products are put into scenes that do not suit them."""
    path = test_data / "mattes" / "solidus" / f"solidus_{name}.png"
    with Image.open(path) as image:
        alpha = np.asarray(image.convert("RGBA").getchannel("A"), np.float32)
    assert estimate_view(alpha / np.float32(255), category, frozenset()) == view


def test_a_lamp_on_its_cable_hangs() -> None:
    """If it did not, pendant lamps would stand on the floor."""
    alpha = np.zeros((200, 200), np.float32)
    alpha[:120, 98:102] = 1.0
    alpha[120:170, 60:140] = 1.0
    assert estimate_view(alpha, "furniture", frozenset()) == "hanging"
    floor_lamp = np.roll(alpha, 20, axis=0)
    assert estimate_view(floor_lamp, "furniture", frozenset()) == "standing"


def test_a_tall_product_that_the_photo_crops_does_not_hang() -> None:
    """If it did, every close-up of a bottle would float before a wall."""
    alpha = np.zeros((200, 200), np.float32)
    alpha[:180, 60:140] = 1.0
    assert estimate_view(alpha, "kitchen", frozenset({"top"})) == "standing"


def test_strewn_objects_lie() -> None:
    """If they did not, a flat lay of plants would hover one above the other."""
    alpha = np.zeros((300, 300), np.float32)
    for row in (20, 120, 220):
        alpha[row : row + 60, 40:110] = 1.0
        alpha[row + 10 : row + 70, 180:250] = 1.0
    assert estimate_view(alpha, "home", frozenset()) == "lying"


def test_a_row_of_objects_stands() -> None:
    """If it did not, a set of jars would be shown from above."""
    alpha = np.zeros((300, 400), np.float32)
    for column, height in ((20, 200), (150, 120), (280, 160)):
        alpha[260 - height : 260, column : column + 90] = 1.0
    assert estimate_view(alpha, "kitchen", frozenset()) == "standing"
