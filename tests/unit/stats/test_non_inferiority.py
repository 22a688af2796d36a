"""Guardrails."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kirakat.stats.compare import relative_lift
from kirakat.stats.estimate import Estimate, NotEstimable
from kirakat.stats.non_inferiority import NonInferiority, non_inferiority
from kirakat.stats.sufficient import RatioSums, ratio_sums


def _sums(seed: int, rate: float) -> RatioSums:
    random = np.random.default_rng(seed)
    return ratio_sums(random.poisson(rate, 4_000).astype(float), np.ones(4_000))


def _known(result: NonInferiority | NotEstimable) -> NonInferiority:
    assert isinstance(result, NonInferiority)
    return result


def test_bound_is_the_end_of_the_two_sided_interval_of_twice_the_error() -> None:
    """The one-sided bound would be at another level than promised."""
    groups = _sums(1, 1.0), _sums(2, 1.0)
    wide = relative_lift(*groups, confidence=0.90)
    assert isinstance(wide, Estimate)
    assert _known(non_inferiority(*groups, margin=0.1)).bound == pytest.approx(wide.low, rel=1e-9)


def test_p_value_is_one_half_where_the_loss_is_the_margin() -> None:
    """The test would ask about no change instead of the margin."""
    groups = _sums(1, 0.9), _sums(2, 1.0)
    seen = relative_lift(*groups)
    assert isinstance(seen, Estimate)
    assert seen.value < 0
    found = _known(non_inferiority(*groups, margin=-seen.value))
    assert found.p_value == pytest.approx(0.5)


def test_holds_when_the_bound_is_above_the_margin() -> None:
    """A guardrail would alarm about losses smaller than agreed, or not about larger ones."""
    groups = _sums(1, 1.0), _sums(2, 1.0)
    bound = _known(non_inferiority(*groups, margin=0.1)).bound
    assert _known(non_inferiority(*groups, margin=-bound + 1e-6)).holds
    assert not _known(non_inferiority(*groups, margin=-bound - 1e-6)).holds


def test_less_is_better_turns_it_round() -> None:
    """A rise of the cost would pass as harmless."""
    groups = _sums(1, 1.5), _sums(2, 1.0)
    assert not _known(non_inferiority(*groups, margin=0.1, is_higher_better=False)).holds
    assert _known(non_inferiority(*groups, margin=0.1)).holds


def test_margins_are_symmetric_on_the_log_scale() -> None:
    """Swapping groups would not swap the meaning of better and worse."""
    treated, control = _sums(1, 1.0), _sums(2, 1.0)
    up = _known(non_inferiority(treated, control, margin=0.1))
    down = _known(non_inferiority(control, treated, margin=1 / 0.9 - 1, is_higher_better=False))
    assert math.log1p(up.bound) == pytest.approx(-math.log1p(down.bound), abs=1e-12)
    assert up.p_value == pytest.approx(down.p_value, rel=1e-9)
