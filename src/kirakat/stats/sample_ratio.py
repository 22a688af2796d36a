"""Sample-ratio mismatch (SRM): do the groups have the sizes that the weights promise?

Fabijan et al. (2019), "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments": an
experiment with a mismatch is broken, whatever its metrics say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kirakat.stats.estimate import NotEstimable

# Below this a mismatch is called: few false alarms among many experiments, as is usual.
ALARM = 0.001
# Expected users in every group for the chi-square to hold (Cochran 1954).
_LEAST_EXPECTED = 5
# Prior users of the sequential form: how sharply deviations are expected around the weights.
_CONCENTRATION = 10_000.0


@dataclass(frozen=True, kw_only=True)
class SampleRatio:
    """How the sizes of the groups compare with their weights."""

    observed: tuple[int, ...]
    expected: tuple[float, ...]
    p_value: float

    @property
    def is_mismatch(self) -> bool:
        """Whether the experiment must not be believed."""
        return self.p_value < ALARM


def sample_ratio(observed: Sequence[int], weights: Sequence[float]) -> SampleRatio | NotEstimable:
    """Chi-square test of the users of each group against the weights; for one look."""
    counts, expected = _expected(observed, weights)
    if len(counts) < 2:
        return NotEstimable("there is only one group")
    if expected.min() < _LEAST_EXPECTED:
        return NotEstimable(f"fewer than {_LEAST_EXPECTED} users are expected in a group")
    statistic = float(((counts - expected) ** 2 / expected).sum())
    p_value = float(special.chdtrc(len(counts) - 1, statistic))
    return _ratio(observed, expected, p_value)


def sequential_sample_ratio(
    observed: Sequence[int], weights: Sequence[float], *, concentration: float = _CONCENTRATION
) -> SampleRatio | NotEstimable:
    """The same for daily looks: the p-value holds at every one of them.

    Bayes factor of a Dirichlet prior around the weights against the weights themselves: Lindon
    and Malek (2020), "Anytime-Valid Inference for Multinomial Count Data", arXiv 2011.03567,
    eq. 5. `concentration` = sum of the prior's parameters.
    """
    counts, expected = _expected(observed, weights)
    if len(counts) < 2 or not counts.sum():
        return NotEstimable("there is only one group, or nobody in any")
    shares = expected / expected.sum()
    prior = concentration * shares
    log_evidence = (
        special.gammaln(prior.sum())
        - special.gammaln(prior.sum() + counts.sum())
        + (special.gammaln(prior + counts) - special.gammaln(prior)).sum()
        - (counts * np.log(shares)).sum()
    )
    return _ratio(observed, expected, float(np.exp(-max(log_evidence, 0.0))))


def _expected(
    observed: Sequence[int], weights: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    counts, shares = np.asarray(observed, np.float64), np.asarray(weights, np.float64)
    return counts, counts.sum() * shares / shares.sum()


def _ratio(
    observed: Sequence[int],
    expected: NDArray[np.float64],
    p_value: float,
) -> SampleRatio:
    return SampleRatio(
        observed=tuple(int(count) for count in observed),
        expected=tuple(expected.tolist()),
        p_value=p_value,
    )
