"""Lift and difference of ratio metrics, against tea-tasting."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tea_tasting.aggr import Aggregates
from tea_tasting.metrics.mean import MeanResult, RatioOfMeans

from kirakat.stats.compare import absolute_difference, relative_lift
from kirakat.stats.estimate import Estimate, NotEstimable
from kirakat.stats.intervals import lift
from kirakat.stats.sufficient import RatioSums, ratio_sums

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def _users(seed: int, rate: float, users: int = 500) -> tuple[np.ndarray, np.ndarray]:
    """Clicks and impressions of users who differ: (users,) each."""
    random = np.random.default_rng(seed)
    impressions = random.geometric(0.2, users).astype(np.float64)
    rates = np.clip(random.beta(2, 2 / rate, users), 0, 1)
    return random.binomial(impressions.astype(int), rates).astype(np.float64), impressions


def _aggregates(clicks: np.ndarray, impressions: np.ndarray) -> Aggregates:
    covariance = np.cov(clicks, impressions)
    return Aggregates(
        count_=len(clicks),
        mean_={"y": float(clicks.mean()), "x": float(impressions.mean())},
        var_={"y": float(covariance[0, 0]), "x": float(covariance[1, 1])},
        cov_={("x", "y"): float(covariance[0, 1])},
    )


@pytest.fixture(scope="module")
def outside() -> MeanResult:
    """What tea-tasting says of the two groups of these tests."""
    metric = RatioOfMeans("y", "x", use_t=False, equal_var=False, confidence_level=0.95)
    return metric.analyze_aggregates(_aggregates(*_users(1, 0.05)), _aggregates(*_users(2, 0.06)))


@pytest.fixture(scope="module")
def groups() -> tuple[RatioSums, RatioSums]:
    """Treated and control."""
    return ratio_sums(*_users(2, 0.06)), ratio_sums(*_users(1, 0.05))


def _known(result: Estimate | NotEstimable) -> Estimate:
    assert isinstance(result, Estimate)
    return result


def test_relative_lift_is_that_of_tea_tasting(
    groups: tuple[RatioSums, RatioSums], outside: MeanResult
) -> None:
    """A report's headline would disagree with every other tool."""
    found = _known(relative_lift(*groups))
    assert [found.value, found.low, found.high] == pytest.approx(
        [
            outside.rel_effect_size,
            outside.rel_effect_size_ci_lower,
            outside.rel_effect_size_ci_upper,
        ],
        rel=1e-6,
    )


def test_absolute_difference_is_that_of_tea_tasting(
    groups: tuple[RatioSums, RatioSums], outside: MeanResult
) -> None:
    """Difference, interval or p-value would be wrong."""
    found = _known(absolute_difference(*groups))
    assert [found.value, found.low, found.high, found.p_value] == pytest.approx(
        [
            outside.effect_size,
            outside.effect_size_ci_lower,
            outside.effect_size_ci_upper,
            outside.pvalue,
        ],
        rel=1e-6,
    )


def test_p_value_and_interval_agree(groups: tuple[RatioSums, RatioSums]) -> None:
    """An interval at 1 - p would not end at no change, and readers would see a contradiction."""
    p_value = _known(relative_lift(*groups)).p_value
    found = _known(relative_lift(*groups, confidence=1 - p_value))
    assert min(abs(found.low), abs(found.high)) < 1e-9


def test_relative_lift_is_the_one_of_policies(groups: tuple[RatioSums, RatioSums]) -> None:
    """Policy evaluation and experiments would name different lifts of the same sums."""
    found, other = _known(relative_lift(*groups)), lift(*groups)
    assert other is not None
    assert (found.value, found.low, found.high) == (other.value, other.low, other.high)


@given(scale=st.floats(0.01, 100), seed=st.integers(0, 50))
def test_lift_does_not_depend_on_the_unit_of_money(scale: float, seed: int) -> None:
    """Revenue in cents would have another lift than in euros."""
    treated, control = _users(seed, 0.3, 60), _users(seed + 100, 0.3, 60)
    found = _known(relative_lift(ratio_sums(*treated), ratio_sums(*control)))
    scaled = _known(
        relative_lift(
            ratio_sums(treated[0] * scale, treated[1]), ratio_sums(control[0] * scale, control[1])
        )
    )
    assert [scaled.value, scaled.low, scaled.high] == pytest.approx(
        [found.value, found.low, found.high], rel=1e-6, abs=1e-9
    )


@given(seed=st.integers(0, 50))
def test_lift_is_symmetric(seed: int) -> None:
    """Swapping the groups would not turn a rise into the same fall."""
    treated, control = (ratio_sums(*_users(seed + k, 0.3, 60)) for k in (0, 100))
    there, back = _known(relative_lift(treated, control)), _known(relative_lift(control, treated))
    assert math.log1p(there.low) == pytest.approx(-math.log1p(back.high), abs=1e-9)


@given(seed=st.integers(0, 50), cut=st.integers(1, 59))
def test_sums_merge_in_any_order(seed: int, cut: int) -> None:
    """Reading a log in parts would change the lift."""
    clicks, impressions = _users(seed, 0.3, 60)
    first = ratio_sums(clicks[:cut], impressions[:cut])
    second = ratio_sums(clicks[cut:], impressions[cut:])
    other = ratio_sums(*_users(999, 0.3, 60))
    one = _known(absolute_difference(first + second, other))
    two = _known(absolute_difference(second + first, other))
    whole = _known(absolute_difference(ratio_sums(clicks, impressions), other))
    assert [one.low, one.high] == pytest.approx([two.low, two.high], rel=1e-9)
    assert [one.low, one.high] == pytest.approx([whole.low, whole.high], rel=1e-9)


@pytest.mark.parametrize(
    ("treated", "told"),
    [
        (RatioSums(), "fewer than two users"),
        (RatioSums(units=9), "denominator of the treated group is 0"),
        (RatioSums(units=9, x=9, xx=9), "nothing was counted in the treated group"),
    ],
)
def test_no_lift_has_a_reason(
    treated: RatioSums, told: str, groups: tuple[RatioSums, RatioSums]
) -> None:
    """A report would show NaN, or p = 1, where nothing can be told."""
    result = relative_lift(treated, groups[1])
    assert isinstance(result, NotEstimable)
    assert told in result.reason


def test_groups_without_variation_are_not_estimable() -> None:
    """Identical users would give a standard error of 0 and a p-value of 0."""
    same = ratio_sums(np.ones(10), np.full(10, 2.0))
    assert isinstance(relative_lift(same, same), NotEstimable)
    assert isinstance(absolute_difference(same, same), NotEstimable)
