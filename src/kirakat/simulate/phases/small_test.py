"""What a test of 10,000 impressions a treatment can find: planned, and simulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kirakat.stats.compare import relative_lift
from kirakat.stats.estimate import Estimate, NotEstimable
from kirakat.stats.power import detectable_lift, power, sample_size, unit_variance_of_rate
from kirakat.stats.sufficient import ratio_sums

IMPRESSIONS = 10_000
# Of a user, in the simulated test.
_IMPRESSIONS_A_USER = 5.0
_CLICK_SHAPE = 4.0


@dataclass(frozen=True, kw_only=True)
class SmallTest:
    """A test of a size too small, at one click rate."""

    ctr: float
    # Smallest rise found four times in five.
    detectable: float | NotEstimable
    # By lift: chance to find it by the formula, and share of the simulated tests that did.
    planned: Sequence[tuple[float, float]]
    simulated: Sequence[tuple[float, float]]
    # By lift: impressions a treatment that find it four times in five.
    needed: Sequence[tuple[float, float]]


def small_test(
    ctr: float, lifts: Sequence[float], *, seed: int, runs: int = 1_000, effect: float = 1.1
) -> SmallTest:
    """The test at a click rate; `effect` = design effect of the users in the plan."""
    variance = unit_variance_of_rate(ctr, _IMPRESSIONS_A_USER, effect)
    users = IMPRESSIONS / _IMPRESSIONS_A_USER
    sizes = ((lift, sample_size(lift, variance)) for lift in lifts)
    return SmallTest(
        ctr=ctr,
        detectable=detectable_lift(variance, users),
        planned=[(lift, power(lift, variance, users)) for lift in lifts],
        simulated=[(lift, _found(ctr, lift, int(users), seed, runs)) for lift in lifts],
        needed=[
            (lift, size * _IMPRESSIONS_A_USER)
            for lift, size in sizes
            if not isinstance(size, NotEstimable)
        ],
    )


def _found(ctr: float, lift: float, users: int, seed: int, runs: int) -> float:
    """Share of simulated tests whose interval lies above 0."""
    hits = 0
    for run in range(runs):
        generator = np.random.default_rng([seed, run, round(1e4 * lift)])
        groups = []
        for level in (1.0 + lift, 1.0):
            liking = generator.gamma(_CLICK_SHAPE, 1 / _CLICK_SHAPE, users)
            shown = 1 + generator.poisson(_IMPRESSIONS_A_USER - 1.0, users)
            clicks = generator.binomial(shown, np.minimum(ctr * level * liking, 1.0))
            groups.append(ratio_sums(clicks.astype(np.float64), shown.astype(np.float64)))
        found = relative_lift(groups[0], groups[1])
        hits += isinstance(found, Estimate) and found.low > 0
    return hits / runs
