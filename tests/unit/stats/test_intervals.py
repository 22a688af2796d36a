"""Intervals of click data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kirakat.stats.effective_size import effective_size
from kirakat.stats.intervals import lift, mean_interval, weighted_poisson, wilson
from kirakat.stats.sufficient import Proportion, RatioSums, cluster_totals, ratio_sums


@given(trials=st.integers(1, 10_000), share=st.floats(0, 1))
def test_wilson_agrees_with_scipy(trials: int, share: float) -> None:
    """If it did not, click rates would be shown with limits that mean nothing."""
    successes = round(trials * share)
    ours = wilson(Proportion(successes=successes, trials=trials))
    theirs = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    assert ours.low == pytest.approx(theirs.low, abs=1e-9)
    assert ours.high == pytest.approx(theirs.high, abs=1e-9)


def test_wilson_without_a_trial_says_nothing() -> None:
    """If it named a rate, an arm never shown could be retired."""
    interval = wilson(Proportion())
    assert (interval.low, interval.high) == (0.0, 1.0)


@pytest.mark.parametrize("count", [1, 5, 40])
def test_equal_weights_give_garwoods_interval(count: int) -> None:
    """If the limits were narrower than the exact ones, few clicks would look like evidence."""
    interval = weighted_poisson(total=float(count), squares=float(count), largest=1.0)
    assert interval.low == pytest.approx(stats.chi2.ppf(0.025, 2 * count) / 2)
    assert interval.high == pytest.approx(stats.chi2.ppf(0.975, 2 * count + 2) / 2)


def test_lift_covers_the_truth_where_shoppers_differ() -> None:
    """If events counted as independent, an A/A test would often be called significant."""
    generator = np.random.default_rng(3)
    covered = 0
    for _ in range(400):
        sides = []
        for _side in range(2):
            rate = generator.beta(1.0, 20.0, 600)
            views = generator.integers(1, 12, 600)
            clicks = generator.binomial(views, rate)
            sides.append(ratio_sums(clicks.astype(float), views.astype(float)))
        interval = lift(sides[0], sides[1])
        assert interval is not None
        covered += interval.low <= 0.0 <= interval.high
    assert 0.92 <= covered / 400 <= 0.98


def test_lift_without_clicks_is_not_told() -> None:
    """If it were 0, a dead control would look like no effect."""
    empty = ratio_sums(np.zeros(10), np.ones(10))
    some = ratio_sums(np.ones(10), np.ones(10))
    assert lift(some, empty) is None


def test_ratio_sums_add_up() -> None:
    """If they did not, two learners would report another lift than one."""
    generator = np.random.default_rng(0)
    y, x = generator.random(30), generator.random(30) + 1
    whole = ratio_sums(y, x)
    parts = ratio_sums(y[:11], x[:11]) + ratio_sums(y[11:], x[11:])
    assert isinstance(parts, RatioSums)
    assert parts.relative_variance() == pytest.approx(whole.relative_variance())


def test_effective_size_of_equal_weights_is_their_number() -> None:
    """If it were more, an estimate would be given on fewer clicks than demanded."""
    assert effective_size(np.full(7, 0.3)) == pytest.approx(7.0)
    assert effective_size(np.array([100.0, 1.0])) == pytest.approx(1.02, abs=0.01)


def test_cluster_totals_sum_by_label() -> None:
    """If labels mixed, one shopper's clicks would count as many shoppers'."""
    totals = cluster_totals(np.array([1.0, 2.0, 4.0]), np.array([9, 3, 9]))
    assert totals.tolist() == [2.0, 5.0]


def test_mean_interval_agrees_with_scipy() -> None:
    """If it did not, policies would be called different within their noise."""
    values = [0.2, 0.5, 0.4, 0.9]
    theirs = stats.t.interval(0.95, 3, loc=np.mean(values), scale=stats.sem(values))
    ours = mean_interval(values)
    assert (ours.low, ours.high) == pytest.approx(theirs)
