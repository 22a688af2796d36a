"""Fieller's interval: against its definition, by root finding."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from kirakat.stats.estimate import NotEstimable
from kirakat.stats.fieller import fieller
from kirakat.stats.intervals import Interval, normal_quantile
from kirakat.stats.sufficient import ratio_sums


def _users(conversions: float) -> tuple[np.ndarray, np.ndarray]:
    """Cost and conversions of 400 users."""
    random = np.random.default_rng(7)
    return random.exponential(2.0, 400), random.poisson(conversions, 400).astype(float)


def test_interval_holds_the_ratios_that_are_not_rejected() -> None:
    """Cost per acquisition would have limits at which the z test does not turn."""
    cost, conversions = _users(0.3)
    found = fieller(ratio_sums(cost, conversions))
    assert isinstance(found, Interval)
    z = normal_quantile(0.95)

    def rejected(ratio: float) -> float:
        """Above 0 where a ratio is refused: mean of cost - ratio x conversions against 0."""
        rest = cost - ratio * conversions
        return float(abs(rest.mean()) - z * rest.std(ddof=1) / np.sqrt(len(rest)))

    assert found.low == pytest.approx(brentq(rejected, 0.1, found.value), rel=1e-6)
    assert found.high == pytest.approx(brentq(rejected, found.value, 100), rel=1e-6)


def test_few_conversions_make_it_lopsided() -> None:
    """The upper limit of a cost per acquisition would be too low."""
    found = fieller(ratio_sums(*_users(0.02)))
    assert isinstance(found, Interval)
    assert found.high - found.value > 1.2 * (found.value - found.low)


def test_hardly_any_conversion_is_not_estimable() -> None:
    """A finite interval would be shown where none is right."""
    cost, conversions = _users(0.3)
    conversions[:] = 0
    conversions[:2] = 1
    result = fieller(ratio_sums(cost, conversions))
    assert isinstance(result, NotEstimable)
    assert "no finite interval" in result.reason
