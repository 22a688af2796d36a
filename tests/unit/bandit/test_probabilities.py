"""Floors, caps, exact propensities and draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.bandit.draw import draw, uniform_draw
from kirakat.bandit.errors import BanditError
from kirakat.bandit.probabilities import Exposure, exact, limited

shares = st.lists(st.floats(0, 1), min_size=1, max_size=9)


@given(
    wished=shares,
    cold=st.lists(st.booleans(), min_size=9, max_size=9),
    floor=st.floats(0, 1),
    cap=st.floats(0.05, 1),
    cold_cap=st.floats(0.01, 1),
)
def test_limits_keep_a_distribution(
    wished: list[float], cold: list[bool], floor: float, cap: float, cold_cap: float
) -> None:
    """If shares did not sum to 1 or floors broke, every estimate from the log would be biased."""
    row = np.array([wished]) + 1e-9
    row /= row.sum()
    evidence = np.where(cold[: len(wished)], 0.0, 1e6)
    exposure = Exposure(floor=floor, cap=cap, cold_cap=cold_cap)
    result = limited(row, np.ones(row.shape, np.bool_), evidence, exposure)
    assert result.sum() == pytest.approx(1.0, abs=1e-12)
    assert (result >= floor / len(wished) - 1e-12).all()
    assert (result <= max(cap, 1.0 / len(wished)) + 1e-9).all()


def test_cold_arms_stay_under_their_cap() -> None:
    """If they did not, one new prompt could take over a catalogue on its first day."""
    evidence = np.array([1e5, 1e5, 3.0])
    wished = np.array([[0.0, 0.1, 0.9]])
    result = limited(wished, np.ones((1, 3), np.bool_), evidence, Exposure(floor=0.0))
    assert result[0, 2] == pytest.approx(0.1)
    assert result[0, 1] > result[0, 0]


def test_where_all_arms_are_cold_no_cap_binds() -> None:
    """If it did, a new category could not start at all."""
    wished = np.array([[0.0, 1.0]])
    result = limited(wished, np.ones((1, 2), np.bool_), np.zeros(2), Exposure(floor=0.0))
    assert result.tolist() == [[0.0, 1.0]]


def test_an_arm_that_is_not_ready_gets_nothing() -> None:
    """If it did, a shopper would be shown an image that does not exist."""
    ready = np.array([[True, False, True]])
    result = limited(np.array([[1.0, 0.0, 0.0]]), ready, np.full(3, 1e6), Exposure(floor=0.3))
    assert result[0].tolist() == pytest.approx([0.85, 0.0, 0.15])


def test_shares_outside_0_and_1_are_refused() -> None:
    """If they were not, a slip in the settings would turn propensities negative."""
    with pytest.raises(BanditError):
        Exposure(floor=1.2)


@given(weights=st.lists(st.floats(1e-6, 1), min_size=1, max_size=12))
def test_logged_probabilities_sum_to_exactly_1(weights: list[float]) -> None:
    """If they did not, a draw could fall beyond the last arm."""
    row = np.array(weights) / sum(weights)
    rounded = exact(row)
    assert sum(rounded.tolist()) == 1.0
    assert rounded == pytest.approx(row, abs=1e-9)


@given(weights=st.lists(st.integers(0, 9), min_size=2, max_size=5).filter(any))
def test_draws_match_their_probabilities(weights: list[int]) -> None:
    """If frequencies strayed from propensities, off-policy estimates would be wrong."""
    row = exact(np.array(weights) / sum(weights))
    n = 4000
    drawn = np.bincount([draw(row, "choose", f"d{i}") for i in range(n)], minlength=len(row))
    error = np.sqrt(row * (1 - row) / n)
    assert (np.abs(drawn / n - row) <= 4.5 * error).all()


def test_draws_for_different_purposes_are_independent() -> None:
    """If they were not, the uniform bucket would always be shown the same arm."""
    one = np.array([uniform_draw("choose", f"d{i}") for i in range(3000)])
    two = np.array([uniform_draw("uniform-bucket", f"d{i}") for i in range(3000)])
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.06


def test_a_draw_is_the_same_everywhere() -> None:
    """If it changed, logged decisions could not be replayed by a later version."""
    assert uniform_draw("choose", "decision-1") == 0.8816504713918035
