"""Intervals over products: each product's pictures count as one observation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kirakat.stats.intervals import Interval, mean_interval

ROUNDS = 4000


def mean_of(values: Sequence[float], *, seed: int = 0) -> Interval | None:
    """A bootstrap interval of the mean, which stays in the values' range; None for fewer than two.

    Areas beyond a product are skewed and never negative, which Student's interval ignores.
    """
    if len(values) < 2:
        return None
    known = np.asarray(values, np.float64)
    picks = np.random.default_rng(seed).integers(0, len(known), (ROUNDS, len(known)))
    low, high = np.quantile(known[picks].mean(1), [0.025, 0.975])
    return Interval(value=float(known.mean()), low=float(low), high=float(high))


def paired_ratio(
    treated: Mapping[str, float], control: Mapping[str, float], *, seed: int = 0
) -> Interval | None:
    """Ratio of the means over the products that both have, by a paired bootstrap.

    None where it cannot be told: fewer than two products, or a mean that is 0 in the control or
    in so many resamples of it that a limit is not finite.
    """
    names = sorted(treated.keys() & control.keys())
    if len(names) < 2:
        return None
    above = np.array([treated[name] for name in names])
    below = np.array([control[name] for name in names])
    if below.mean() <= 0.0:
        return None
    ratios = _resampled(above, below, seed)
    low, high = np.quantile(ratios, [0.025, 0.975], method="inverted_cdf")
    if not np.isfinite([low, high]).all():
        return None
    return Interval(value=float(above.mean() / below.mean()), low=float(low), high=float(high))


def paired_difference(
    treated: Mapping[str, float], control: Mapping[str, float]
) -> Interval | None:
    """Student's interval of the mean difference over the products that both have."""
    names = sorted(treated.keys() & control.keys())
    if len(names) < 2:
        return None
    return mean_interval([treated[name] - control[name] for name in names])


def by_product(values: Sequence[tuple[str, float | None]]) -> dict[str, float]:
    """The mean of each product's values; a product of which nothing is known is left out."""
    known: dict[str, list[float]] = {}
    for name, value in values:
        if value is not None:
            known.setdefault(name, []).append(value)
    return {name: float(np.mean(some)) for name, some in known.items()}


def _resampled(
    above: NDArray[np.float64], below: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    """(ROUNDS,) ratios of means over products drawn with replacement; infinite over 0."""
    picks = np.random.default_rng(seed).integers(0, len(above), (ROUNDS, len(above)))
    tops, bottoms = above[picks].mean(1), below[picks].mean(1)
    ratios = np.full(ROUNDS, np.inf)
    np.divide(tops, bottoms, out=ratios, where=bottoms > 0.0)
    return ratios
