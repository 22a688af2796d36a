"""Intervals over products."""

from __future__ import annotations

import numpy as np
import pytest

from kirakat.training.figures.intervals import by_product, mean_of, paired_difference, paired_ratio


def test_pictures_of_one_product_count_as_one_observation() -> None:
    """Else ten pictures of one mug would make an interval narrow that rests on one mug."""
    assert by_product([("mug", 1.0), ("mug", 3.0), ("lamp", 5.0)]) == {"mug": 2.0, "lamp": 5.0}


def test_unknown_values_are_left_out() -> None:
    """A product that hangs has no contact; it must not count as one that floats."""
    assert by_product([("mug", None), ("lamp", 5.0)]) == {"lamp": 5.0}


def test_one_product_has_no_interval() -> None:
    """A single product tells nothing of its scatter."""
    assert mean_of([0.3]) is None


def test_the_mean_of_shares_stays_in_their_range() -> None:
    """A negative area in a table would tell every reader that the table is wrong."""
    interval = mean_of([0.0, 0.0, 0.0, 0.4])
    assert interval is not None
    assert interval.low >= 0.0


def test_the_bootstrap_covers_the_true_mean_about_as_often_as_it_says() -> None:
    """Else every comparison of arms would look surer than it is."""
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(200):
        interval = mean_of(list(rng.normal(1.0, 0.5, 20)))
        assert interval is not None
        hits += interval.low <= 1.0 <= interval.high
    assert 0.88 <= hits / 200 <= 0.99


def test_a_constant_ratio_has_no_width() -> None:
    """Pairing must take out what differs between products alone."""
    control = {"a": 1.0, "b": 10.0, "c": 4.0}
    interval = paired_ratio({name: 0.5 * value for name, value in control.items()}, control)
    assert interval is not None
    assert (interval.low, interval.value, interval.high) == pytest.approx((0.5, 0.5, 0.5))


def test_only_products_of_both_arms_are_compared() -> None:
    """A product that one arm alone could draw would otherwise decide the ratio."""
    interval = paired_ratio({"a": 1.0, "b": 1.0, "x": 99.0}, {"a": 2.0, "b": 2.0})
    assert interval is not None
    assert interval.value == pytest.approx(0.5)


@pytest.mark.parametrize("control", [{"a": 0.0, "b": 0.0}, {"a": 0.0, "b": 1.0}, {"a": 1.0}])
def test_a_ratio_that_cannot_be_told_is_none(control: dict[str, float]) -> None:
    """An infinite or invented ratio must not reach a table."""
    assert paired_ratio({"a": 1.0, "b": 1.0}, control) is None


def test_a_difference_of_one_product_is_none() -> None:
    """A single pair tells nothing of its scatter."""
    assert paired_difference({"a": 1.0}, {"a": 2.0}) is None
