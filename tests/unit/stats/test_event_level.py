"""The z test over impressions, against statsmodels."""

from __future__ import annotations

import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from kirakat.stats.estimate import Estimate, NotEstimable
from kirakat.stats.event_level import WARNING, event_level
from kirakat.stats.sufficient import Proportion

_TREATED = Proportion(successes=330, trials=10_000)
_CONTROL = Proportion(successes=280, trials=9_500)


def _found() -> Estimate:
    result = event_level(_TREATED, _CONTROL)
    assert isinstance(result, Estimate)
    return result


def test_p_value_is_that_of_statsmodels() -> None:
    """The seeds' own test would be quoted wrongly."""
    _, expected = proportions_ztest([330, 280], [10_000, 9_500])
    assert _found().p_value == pytest.approx(expected, rel=1e-6)


def test_interval_is_that_of_statsmodels() -> None:
    """The comparison beside the right interval would be wrong."""
    expected = confint_proportions_2indep(330, 10_000, 280, 9_500, method="wald")
    assert (_found().low, _found().high) == pytest.approx(expected, rel=1e-6)


def test_it_always_warns() -> None:
    """Somebody would take it for the answer."""
    assert _found().warnings == (WARNING,)


def test_no_click_at_all_is_not_estimable() -> None:
    """A pooled rate of 0 would divide by 0."""
    nothing = Proportion(successes=0, trials=100)
    assert isinstance(event_level(nothing, nothing), NotEstimable)
