"""Power and sample size, against statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower

from kirakat.stats.design_effect import design_effect
from kirakat.stats.estimate import NotEstimable
from kirakat.stats.power import (
    detectable_lift,
    power,
    sample_size,
    unit_variance,
    unit_variance_of_rate,
)
from kirakat.stats.sufficient import RatioSums, ratio_sums


def _past() -> RatioSums:
    random = np.random.default_rng(3)
    impressions = random.geometric(0.2, 5_000)
    clicks = random.binomial(impressions, random.beta(1, 30, 5_000))
    return ratio_sums(clicks.astype(float), impressions.astype(float))


def test_power_is_that_of_statsmodels() -> None:
    """A plan would promise another chance to find the lift."""
    expected = NormalIndPower().power(math.log1p(0.1) / math.sqrt(20), 9_000, 0.05, ratio=2)
    assert power(0.1, 20, 9_000, allocation=2) == pytest.approx(expected, rel=1e-6)


def test_sample_size_is_that_of_statsmodels() -> None:
    """A plan would ask for too many or too few users."""
    expected = NormalIndPower().solve_power(
        math.log1p(0.1) / math.sqrt(20), None, 0.05, 0.8, ratio=1.0
    )
    assert sample_size(0.1, 20) == pytest.approx(expected, rel=1e-6)


@given(units=st.floats(100, 1e7), variance=st.floats(0.1, 500))
def test_detectable_lift_has_the_wanted_power(units: float, variance: float) -> None:
    """The smallest lift within reach would not be within reach."""
    found = detectable_lift(variance, units)
    assert isinstance(found, float)
    assert power(found, variance, units) == pytest.approx(0.8, rel=1e-6)


def test_past_users_hold_the_design_effect() -> None:
    """Sizes from past users and from a rate with a design effect would contradict each other."""
    past = _past()
    effect = design_effect(past)
    assert isinstance(effect, float)
    assert effect > 1
    by_rate = unit_variance_of_rate(past.ratio, past.x / past.units, effect)
    assert unit_variance(past) == pytest.approx(by_rate, rel=1e-9)


def test_independent_impressions_have_no_design_effect() -> None:
    """One impression a user would still be inflated."""
    clicks = (np.random.default_rng(3).random(100_000) < 0.05).astype(np.float64)
    effect = design_effect(ratio_sums(clicks, np.ones(100_000)))
    assert effect == pytest.approx(100_000 / 99_999, rel=1e-9)


def test_no_lift_needs_no_size() -> None:
    """A lift of 0 would be searched for without end."""
    assert isinstance(sample_size(0.0, 20), NotEstimable)
