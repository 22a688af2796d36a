"""The bootstrap over blocks of users."""

from __future__ import annotations

import numpy as np
import pytest

from kirakat.stats.bootstrap import Blocks, bootstrap_lift
from kirakat.stats.compare import relative_lift
from kirakat.stats.estimate import Estimate, NotEstimable
from kirakat.stats.sufficient import ratio_sums


def _blocks(seed: int, conversions: float) -> Blocks:
    random = np.random.default_rng(seed)
    return Blocks(y=random.exponential(2.0, 600), x=random.poisson(conversions, 600).astype(float))


def test_it_agrees_with_the_delta_method_where_events_are_many() -> None:
    """Resampling would estimate another spread than theory where theory is good."""
    treated, control = _blocks(1, 3.0), _blocks(2, 3.0)
    found = bootstrap_lift(treated, control, seed=5, draws=4_000)
    expected = relative_lift(ratio_sums(treated.y, treated.x), ratio_sums(control.y, control.x))
    assert isinstance(found, Estimate)
    assert isinstance(expected, Estimate)
    assert found.value == pytest.approx(expected.value, rel=1e-9)
    assert found.standard_error == pytest.approx(expected.standard_error, rel=0.05)


def test_the_seed_fixes_the_answer() -> None:
    """The same log would give another report every time."""
    groups = _blocks(1, 0.05), _blocks(2, 0.05)
    assert bootstrap_lift(*groups, seed=5) == bootstrap_lift(*groups, seed=5)


def test_few_blocks_are_not_estimable() -> None:
    """Three blocks would be resampled as if they were a population."""
    few = Blocks(y=np.ones(3), x=np.ones(3))
    assert isinstance(bootstrap_lift(few, few, seed=5), NotEstimable)


def test_draws_without_events_are_not_estimable() -> None:
    """One conversion would give an interval from the draws that happen to hold it."""
    x = np.zeros(100)
    x[0] = 1
    lonely = Blocks(y=np.ones(100), x=x)
    assert isinstance(bootstrap_lift(lonely, lonely, seed=5), NotEstimable)
