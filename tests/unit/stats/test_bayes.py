"""Chance to win and expected loss: against numerical integration of the posterior."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from kirakat.stats.bayes import PRIOR_DEVIATION, Posterior, bayesian_lift
from kirakat.stats.compare import log_lift
from kirakat.stats.sufficient import RatioSums, ratio_sums


def _sums(seed: int, rate: float) -> RatioSums:
    random = np.random.default_rng(seed)
    return ratio_sums(random.poisson(rate, 300).astype(float), np.ones(300))


_GROUPS = _sums(1, 0.33), _sums(2, 0.3)


def _found() -> Posterior:
    result = bayesian_lift(*_GROUPS)
    assert isinstance(result, Posterior)
    return result


def _posterior() -> tuple[float, float]:
    """Mean and deviation, by the textbook's precisions."""
    value, error = log_lift(*_GROUPS)
    precision = 1 / error**2 + 1 / PRIOR_DEVIATION**2
    return value / error**2 / precision, math.sqrt(1 / precision)


def _integral(weight: object) -> float:
    mean, deviation = _posterior()
    ends = (mean - 10 * deviation, mean + 10 * deviation)
    return float(
        quad(
            lambda t: weight(t) * norm.pdf(t, mean, deviation),  # type: ignore[operator]
            *ends, points=[0.0], epsabs=0, epsrel=1e-11, limit=500,
        )[0]
    )  # fmt: skip


def test_chance_to_win_is_the_posterior_above_no_change() -> None:
    """The chance shown would not be that of the stated prior."""
    assert _found().chance_to_win == pytest.approx(_integral(lambda t: float(t > 0)), rel=1e-6)


def test_loss_if_chosen_is_the_posterior_mean_of_what_is_lost() -> None:
    """The expected loss of a wrong choice would be wrong."""
    expected = _integral(lambda t: max(-math.expm1(t), 0.0))
    assert _found().loss_if_chosen == pytest.approx(expected, rel=1e-6)


def test_loss_if_kept_is_the_posterior_mean_of_what_is_missed() -> None:
    """The expected loss of not changing would be wrong."""
    expected = _integral(lambda t: max(math.expm1(t), 0.0))
    assert _found().loss_if_kept == pytest.approx(expected, rel=1e-6)


def test_the_prior_draws_towards_no_change() -> None:
    """Small samples would be believed as much as large ones."""
    value, _ = log_lift(*_GROUPS)
    assert 0 < math.log1p(_found().value) < value
