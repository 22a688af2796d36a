"""The small form of the coverage proof."""

from __future__ import annotations

import pytest

from kirakat.simulate.phases.coverage import SHOPPERS, Rate, coverage

RUNS = 150


@pytest.fixture(scope="module")
def rates() -> dict[tuple[str, str], Rate]:
    """The rates of shoppers who differ much."""
    found = coverage(SHOPPERS[1], runs=RUNS, seed=2, days=14)
    return {(rate.estimator, rate.what): rate for rate in found}


@pytest.mark.parametrize("estimator", ["delta method over users", "CUPED"])
def test_intervals_hold_the_truth(rates: dict[tuple[str, str], Rate], estimator: str) -> None:
    """If they did not, reported intervals would be too narrow."""
    held = rates[estimator, "interval holds the truth"].rate
    assert held.low < 0.95 < held.high


def test_impressions_are_no_users(rates: dict[tuple[str, str], Rate]) -> None:
    """If they were, the delta method over users would be needless."""
    naive = rates["by impression", "interval holds the truth"].rate
    assert naive.value < rates["delta method over users", "interval holds the truth"].rate.value


def test_looking_daily_is_safe_with_the_sequence_alone(rates: dict[tuple[str, str], Rate]) -> None:
    """If it were not, early looks would find differences that are not there."""
    what = "A/A false alarm at any of 14 daily looks"
    assert rates["confidence sequence", what].rate.value <= 0.05
    assert rates["delta method over users", what].rate.value > 0.1
