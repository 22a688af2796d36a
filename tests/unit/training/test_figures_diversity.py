"""Distances between backgrounds, and what they say of a pool."""

from __future__ import annotations

import numpy as np
import pytest

from kirakat.training.figures.descriptors import Description, describe_background, distance
from kirakat.training.figures.diversity import Described, diversity_table, lookalikes
from kirakat.types import RGB

SIZE = 128


def _plain(colour: tuple[int, int, int], seed: int = 0) -> RGB:
    noise = np.random.default_rng(seed).integers(-3, 4, (SIZE, SIZE, 3))
    return np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)


def _described(arm: str, turn: int, colour: tuple[int, int, int], product: str = "a") -> Described:
    return Described(
        product=product,
        category="kitchen",
        arm=arm,
        turn=turn,
        description=describe_background(_plain(colour, turn), None),
    )


def _of(picture: RGB) -> Description:
    return describe_background(picture, None)


def test_equal_backgrounds_have_no_distance() -> None:
    """Otherwise two equal arms would seem to differ."""
    assert distance(_of(_plain((120, 80, 60))), _of(_plain((120, 80, 60)))) == pytest.approx(0)


def test_the_product_is_left_out() -> None:
    """Else two backgrounds would be near because the same product stands before both."""
    matte = np.zeros((SIZE, SIZE), np.float32)
    matte[40:90, 40:90] = 1.0
    plain = _plain((120, 80, 60))
    with_product = plain.copy()
    with_product[40:90, 40:90] = (250, 10, 10)
    apart = distance(describe_background(plain, matte), describe_background(with_product, matte))
    assert apart == pytest.approx(0.0)


def test_the_same_colours_elsewhere_are_a_distance() -> None:
    """Light from the left and light from the right are two pictures."""
    left = np.full((SIZE, SIZE, 3), 40, np.uint8)
    left[:, : SIZE // 2] = 220
    assert distance(_of(left), _of(np.ascontiguousarray(left[:, ::-1]))) > 0.3


def test_a_varied_pool_differs_by_more_than_its_seeds() -> None:
    """The table must tell prompts that matter from prompts that do not."""
    described = [
        _described(arm, turn, colour, product)
        for product in ("a", "b")
        for arm, colour in (("warm", (200, 120, 60)), ("cool", (60, 120, 200)))
        for turn in (0, 1)
    ]
    table = diversity_table(described)
    assert table.rows[0].prompts_apart > 5 * table.rows[0].seeds_apart
    assert table.ratio is not None
    assert table.ratio.low > 5.0


def test_arms_that_look_alike_are_named() -> None:
    """Two equal arms teach a bandit nothing, and someone has to be told which."""
    described = [
        _described("warm", 0, (200, 120, 60)),
        _described("also-warm", 0, (201, 121, 61)),
        _described("cool", 0, (60, 120, 200)),
    ]
    (pair,) = lookalikes(described)
    assert {pair.first, pair.second} == {"warm", "also-warm"}
