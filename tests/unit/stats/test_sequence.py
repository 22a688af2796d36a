"""Confidence sequences: against the integral they come from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar

from kirakat.stats.compare import relative_lift
from kirakat.stats.estimate import Estimate, NotEstimable
from kirakat.stats.sequence import confidence_sequence, mixture_width, sequential_lift
from kirakat.stats.sufficient import RatioSums, ratio_sums


def _mixture(total: float, looks: float, width: float) -> float:
    """The martingale: E exp(l S - l^2 t / 2) with l normal of deviation `width`; unit variance."""

    def density(rate: float) -> float:
        normal = math.exp(-(rate**2) / (2 * width**2)) / (width * math.sqrt(2 * math.pi))
        return normal * math.exp(rate * total - rate**2 * looks / 2)

    return float(quad(density, -12 * width, 12 * width, epsabs=0, epsrel=1e-12, limit=500)[0])


def test_limits_are_where_the_mixture_martingale_reaches_one_over_alpha() -> None:
    """Early looks would have more errors than promised (Ville's inequality would not hold)."""
    units, planned = 700.0, 1_000.0
    width = mixture_width(planned)
    edge = brentq(lambda total: _mixture(total, units, width) - 20, 1.0, 400.0, xtol=1e-11)
    # The mean of `units` values of unit variance has the error 1 / sqrt(units).
    limits = confidence_sequence(0.0, 1 / math.sqrt(units), units, planned_units=planned)
    assert limits.high == pytest.approx(edge / units, rel=1e-6)


def test_p_value_is_the_inverse_of_the_mixture_martingale() -> None:
    """The p-value at a look would be too small."""
    units, planned, mean = 700.0, 1_000.0, 0.12
    limits = confidence_sequence(mean, 1 / math.sqrt(units), units, planned_units=planned)
    evidence = _mixture(mean * units, units, mixture_width(planned))
    assert limits.p_value == pytest.approx(1 / evidence, rel=1e-6)


def test_it_is_tightest_at_the_planned_size() -> None:
    """The sequence would be tuned to another size than planned."""

    def spread(log_width: float) -> float:
        """Width at the planned size of the sequence tuned by `exp(log_width)`."""
        w = math.exp(log_width) ** 2 * 5_000
        return (w + 1) / w * (math.log(w + 1) - 2 * math.log(0.05))

    best = minimize_scalar(spread, bounds=(-8, 2), method="bounded", options={"xatol": 1e-10})
    assert mixture_width(5_000) == pytest.approx(math.exp(best.x), rel=1e-4)


def test_width_solves_its_equation() -> None:
    """Lambert's W would be taken on the wrong branch."""
    width2 = mixture_width(1.0) ** 2
    assert width2 == pytest.approx(math.log(width2 + 1) - 2 * math.log(0.05), rel=1e-12)


def _sums(seed: int, users: int) -> RatioSums:
    random = np.random.default_rng(seed)
    return ratio_sums(random.poisson(0.3, users).astype(float), np.ones(users))


def test_it_is_wider_than_the_interval_of_one_look() -> None:
    """Looking early would be free of charge."""
    groups = _sums(1, 2_000), _sums(2, 2_000)
    sequence = sequential_lift(*groups, planned_units=4_000)
    once = relative_lift(*groups)
    assert isinstance(sequence, Estimate)
    assert isinstance(once, Estimate)
    assert sequence.low < once.low < once.high < sequence.high
    assert sequence.value == once.value


def test_too_early_is_not_estimable() -> None:
    """The asymptotic theory would be used on a handful of users."""
    result = sequential_lift(_sums(1, 50), _sums(2, 50), planned_units=4_000)
    assert isinstance(result, NotEstimable)
    assert "too early" in result.reason
