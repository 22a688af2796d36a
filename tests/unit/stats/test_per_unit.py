"""Metrics counted once a user, against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from kirakat.stats.compare import absolute_difference
from kirakat.stats.estimate import Estimate
from kirakat.stats.per_unit import per_unit, share_of_units


def _revenue(seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.exponential(30, 400) * (random.random(400) < 0.3)


def test_revenue_a_user_is_the_unpooled_z_test_of_statsmodels() -> None:
    """Difference, interval or p-value of revenue would be wrong."""
    treated, control = _revenue(1), _revenue(2)
    ours, theirs = (per_unit(len(v), float(v.sum()), float(v @ v)) for v in (treated, control))
    found = absolute_difference(ours, theirs)
    assert isinstance(found, Estimate)
    outside = CompareMeans(DescrStatsW(treated), DescrStatsW(control))
    limits = outside.zconfint_diff(usevar="unequal")
    assert (found.low, found.high) == pytest.approx(limits, rel=1e-6)
    assert found.p_value == pytest.approx(outside.ztest_ind(usevar="unequal")[1], rel=1e-6)


def test_conversion_rate_is_a_mean_of_zeros_and_ones() -> None:
    """A share of users would have the wrong variance."""
    converted = (_revenue(3) > 0).astype(np.float64)
    share = share_of_units(len(converted), float(converted.sum()))
    assert share == per_unit(len(converted), float(converted.sum()), float(converted @ converted))
