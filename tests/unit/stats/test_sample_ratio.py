"""Sample-ratio mismatch, against scipy and the published Bayes factor."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, dirichlet_multinomial, multinomial

from kirakat.stats.estimate import NotEstimable
from kirakat.stats.sample_ratio import SampleRatio, sample_ratio, sequential_sample_ratio


def _known(result: SampleRatio | NotEstimable) -> SampleRatio:
    assert isinstance(result, SampleRatio)
    return result


def test_p_value_is_that_of_scipy() -> None:
    """A broken split would be missed, or a good one suspected."""
    expected = chisquare([5_100, 4_900, 10_050], [5_012.5, 5_012.5, 10_025]).pvalue
    found = _known(sample_ratio([5_100, 4_900, 10_050], [1, 1, 2]))
    assert found.p_value == pytest.approx(expected, rel=1e-6)


def test_sequential_p_value_is_the_ratio_of_likelihoods() -> None:
    """Daily looks would have more false alarms than promised."""
    counts, weights, prior = [520, 480, 1_100], [0.25, 0.25, 0.5], 300.0
    alphas = [prior * weight for weight in weights]
    # scipy's stubs want an array for the number of trials.
    mixed = dirichlet_multinomial.logpmf(counts, alphas, sum(counts))  # type: ignore[arg-type]
    log_evidence = float(mixed) - float(multinomial.logpmf(counts, sum(counts), weights))
    found = _known(sequential_sample_ratio(counts, weights, concentration=prior))
    assert found.p_value == pytest.approx(math.exp(-max(log_evidence, 0)), rel=1e-6)


@given(st.lists(st.integers(10, 5_000), min_size=2, max_size=5), st.integers(1, 9))
def test_only_the_proportions_of_the_weights_matter(counts: list[int], scale: int) -> None:
    """Weights 1:2 and 10:20 would be judged differently."""
    weights = [float(number + 1) for number in range(len(counts))]
    one = sample_ratio(counts, weights)
    other = sample_ratio(counts, [weight * scale for weight in weights])
    assert isinstance(one, NotEstimable) == isinstance(other, NotEstimable)
    if isinstance(one, SampleRatio) and isinstance(other, SampleRatio):
        assert one.p_value == pytest.approx(other.p_value, rel=1e-6, abs=1e-300)


def test_a_clear_mismatch_is_called() -> None:
    """A report would be believed although one group lost a tenth of its users."""
    assert _known(sample_ratio([9_000, 10_000], [1, 1])).is_mismatch
    assert _known(sequential_sample_ratio([9_000, 10_000], [1, 1])).is_mismatch


def test_few_users_are_not_estimable() -> None:
    """A chi-square of two users would be quoted."""
    assert isinstance(sample_ratio([1, 1], [1, 1]), NotEstimable)
