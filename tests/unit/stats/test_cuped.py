"""CUPED of ratio metrics, against tea-tasting."""

from __future__ import annotations

import numpy as np
import pytest
from tea_tasting.aggr import Aggregates
from tea_tasting.metrics.mean import RatioOfMeans

from kirakat.stats.compare import relative_lift
from kirakat.stats.cuped import cuped_lift, variance_removed
from kirakat.stats.estimate import Estimate, NotEstimable
from kirakat.stats.moments import moments
from kirakat.stats.sufficient import ratio_sums

_NAMES = ("y", "x", "y0", "x0")


def _users(seed: int, lift: float, users: int = 800) -> np.ndarray:
    """(users, 4): clicks and impressions now and before, of the same click rates."""
    random = np.random.default_rng(seed)
    rates = random.beta(2, 20, users)
    now, before = random.geometric(0.1, users), random.geometric(0.1, users)
    clicks = random.binomial(now, np.clip(rates * (1 + lift), 0, 1))
    return np.column_stack([clicks, now, random.binomial(before, rates), before]).astype(float)


def _aggregates(columns: np.ndarray) -> Aggregates:
    covariance = np.cov(columns.T)
    pairs = [(a, b) for a in range(4) for b in range(4) if _NAMES[a] < _NAMES[b]]
    return Aggregates(
        count_=len(columns),
        mean_=dict(zip(_NAMES, columns.mean(axis=0).tolist(), strict=True)),
        var_={name: float(covariance[i, i]) for i, name in enumerate(_NAMES)},
        cov_={(_NAMES[a], _NAMES[b]): float(covariance[a, b]) for a, b in pairs},
    )


def test_cuped_is_that_of_tea_tasting() -> None:
    """The adjusted lift or its interval would be wrong."""
    treated, control = _users(1, 0.2), _users(2, 0.0)
    found = cuped_lift(moments(treated), moments(control))
    assert isinstance(found, Estimate)
    metric = RatioOfMeans(*_NAMES, use_t=False, equal_var=False, confidence_level=0.95)
    outside = metric.analyze_aggregates(_aggregates(control), _aggregates(treated))
    assert [found.value, found.low, found.high] == pytest.approx(
        [
            outside.rel_effect_size,
            outside.rel_effect_size_ci_lower,
            outside.rel_effect_size_ci_upper,
        ],
        rel=1e-6,
    )


def test_cuped_narrows_the_interval() -> None:
    """Past behaviour would be of no use."""
    treated, control = _users(1, 0.2), _users(2, 0.0)
    found = cuped_lift(moments(treated), moments(control))
    plain = relative_lift(
        ratio_sums(treated[:, 0], treated[:, 1]), ratio_sums(control[:, 0], control[:, 1])
    )
    assert isinstance(found, Estimate)
    assert isinstance(plain, Estimate)
    assert found.standard_error < plain.standard_error


def test_removed_variance_is_a_share() -> None:
    """A report would boast of more than all variance, or of less than none."""
    assert 0 < variance_removed(moments(_users(1, 0.0))) < 1


def test_moments_merge_in_any_order() -> None:
    """Reading a log in parts would change the adjusted lift."""
    users, other = _users(1, 0.2), moments(_users(2, 0.0))
    parts = [moments(part) for part in np.array_split(users, 3)]
    whole = cuped_lift(moments(users), other)
    back = cuped_lift(parts[2] + parts[0] + parts[1], other)
    assert isinstance(whole, Estimate)
    assert isinstance(back, Estimate)
    assert back.low == pytest.approx(whole.low, rel=1e-9)


def test_nothing_before_is_not_estimable() -> None:
    """Users without a past would divide by 0."""
    users = _users(1, 0.0)
    users[:, 2:] = 0
    assert isinstance(cuped_lift(moments(users), moments(users)), NotEstimable)
