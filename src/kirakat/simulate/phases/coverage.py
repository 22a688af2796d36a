"""Do the estimators keep their promises? Many experiments whose truth is known, as sums.

No rows are written: users' totals are drawn, added up by group, and given to the same functions
that a report calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kirakat.stats.compare import relative_lift
from kirakat.stats.cuped import cuped_lift
from kirakat.stats.estimate import Estimate, Result
from kirakat.stats.intervals import Interval, wilson
from kirakat.stats.moments import Moments
from kirakat.stats.sample_ratio import sample_ratio, sequential_sample_ratio
from kirakat.stats.sequence import sequential_lift
from kirakat.stats.sufficient import Proportion, RatioSums

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Shoppers:
    """Whom the experiments are drawn from."""

    name: str
    # Of each of two groups, in one experiment.
    users: int
    # Impressions a user over the whole experiment, and the gamma shape of the differences.
    impressions: float
    activity_shape: float
    ctr: float
    # Gamma shape of the users' click rates.
    click_shape: float


SHOPPERS = (
    Shoppers(name="alike", users=4_000, impressions=8.0, activity_shape=50.0, ctr=0.03,
             click_shape=50.0),
    Shoppers(name="unlike", users=4_000, impressions=8.0, activity_shape=1.2, ctr=0.03,
             click_shape=2.0),
    Shoppers(name="a few see most", users=4_000, impressions=8.0, activity_shape=0.4, ctr=0.03,
             click_shape=1.5),
    Shoppers(name="rare clicks", users=8_000, impressions=5.0, activity_shape=1.2, ctr=0.008,
             click_shape=2.0),
)  # fmt: skip
# Relative change of the treated group's click rate where there is one.
LIFT = 0.15


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How often something happened in `runs` experiments, with Wilson's interval."""

    estimator: str
    what: str
    runs: int
    rate: Interval


def coverage(shoppers: Shoppers, *, runs: int, seed: int, days: int = 28) -> Iterator[Rate]:
    """How often intervals hold the truth, and how often A/A tests raise false alarms.

    Half of the users' totals are of a time before the start, for CUPED.
    """
    counts: dict[tuple[str, str], int] = {}
    for run in range(runs):
        generator = np.random.default_rng([seed, run])
        treated, control = (_group(shoppers, generator, lift) for lift in (LIFT, 0.0))
        placebo = _group(shoppers, generator, 0.0)
        for key, happened in {
            **_outcomes(treated, control, LIFT, "interval holds the truth"),
            **_outcomes(placebo, control, 0.0, "A/A false alarm"),
        }.items():
            counts[key] = counts.get(key, 0) + happened
        for key, happened in _looks(shoppers, generator, days).items():
            counts[key] = counts.get(key, 0) + happened
    for (estimator, what), count in counts.items():
        found = wilson(Proportion(successes=count, trials=runs))
        yield Rate(estimator=estimator, what=what, runs=runs, rate=found)


def _group(shoppers: Shoppers, generator: np.random.Generator, lift: float) -> Floats:
    """(users, 4): clicks and impressions now, then before; those who never came are nobody."""
    n = shoppers.users
    activity = generator.gamma(shoppers.activity_shape, 1 / shoppers.activity_shape, n)
    liking = generator.gamma(shoppers.click_shape, 1 / shoppers.click_shape, n)
    rate = np.minimum(shoppers.ctr * liking, 0.5)
    shown = generator.poisson(shoppers.impressions * activity)
    before = generator.poisson(shoppers.impressions * activity)
    clicks = generator.binomial(shown, np.minimum(rate * (1 + lift), 1.0))
    earlier = generator.binomial(before, rate)
    return np.stack([clicks, shown, earlier, before], axis=1)[shown > 0].astype(np.float64)


def _outcomes(
    treated: Floats, control: Floats, truth: float, what: str
) -> dict[tuple[str, str], bool]:
    results = {
        "delta method over users": relative_lift(_sums(treated), _sums(control)),
        "CUPED": cuped_lift(_moments(treated), _moments(control)),
        "by impression": relative_lift(_by_impression(treated), _by_impression(control)),
    }
    alarm = what.startswith("A/A")
    return {
        (name, what): _misses(result, truth) if alarm else not _misses(result, truth)
        for name, result in results.items()
    }


def _looks(
    shoppers: Shoppers, generator: np.random.Generator, days: int
) -> dict[tuple[str, str], bool]:
    """An A/A test looked at daily: whether any look raised a false alarm."""
    treated, control = (_daily(shoppers, generator, days) for _ in range(2))
    planned = 2.0 * shoppers.users
    pairs = list(zip(treated, control, strict=True))
    sequence = (sequential_lift(a, b, planned_units=planned) for a, b in pairs)
    fixed = (relative_lift(a, b) for a, b in pairs)
    # Assignment with equal weights: who comes is decided by a coin.
    newcomers = generator.binomial(np.full(days, 2 * shoppers.users // days), 0.5).cumsum()
    everybody = (2 * shoppers.users // days) * np.arange(1, days + 1)
    sizes = [[int(n), int(total - n)] for n, total in zip(newcomers, everybody, strict=True)]
    checks = [sequential_sample_ratio(size, [1.0, 1.0]) for size in sizes]
    last = sample_ratio(sizes[-1], [1.0, 1.0])
    what = f"A/A false alarm at any of {days} daily looks"
    return {
        ("confidence sequence", what): any(_misses(result, 0.0) for result in sequence),
        ("delta method over users", what): any(_misses(result, 0.0) for result in fixed),
        ("sequential sample ratio", what): any(check.is_mismatch for check in checks),  # type: ignore[union-attr]
        ("sample ratio", "false alarm"): last.is_mismatch,  # type: ignore[union-attr]
    }


def _daily(shoppers: Shoppers, generator: np.random.Generator, days: int) -> list[RatioSums]:
    """A group's sums until each day; users come back at their own pace."""
    n = shoppers.users
    activity = generator.gamma(shoppers.activity_shape, 1 / shoppers.activity_shape, n)
    liking = generator.gamma(shoppers.click_shape, 1 / shoppers.click_shape, n)
    rate = np.minimum(shoppers.ctr * liking, 0.5)
    shown = generator.poisson(shoppers.impressions / days * activity, (days, n))
    clicks = generator.binomial(shown, rate).cumsum(axis=0).astype(np.float64)
    total = shown.cumsum(axis=0).astype(np.float64)
    return [
        RatioSums(
            units=float((x > 0).sum()), y=float(y.sum()), x=float(x.sum()),
            yy=float(y @ y), xx=float(x @ x), xy=float(x @ y),
        )
        for y, x in zip(clicks, total, strict=True)
    ]  # fmt: skip


def _misses(result: Result, truth: float) -> bool:
    """Whether the interval leaves out the truth; what is not estimable claims nothing."""
    return isinstance(result, Estimate) and not result.low <= truth <= result.high


def _sums(group: Floats) -> RatioSums:
    products = group[:, :2].T @ group[:, :2]
    return RatioSums(
        units=float(len(group)), y=float(group[:, 0].sum()), x=float(group[:, 1].sum()),
        yy=float(products[0, 0]), xx=float(products[1, 1]), xy=float(products[0, 1]),
    )  # fmt: skip


def _moments(group: Floats) -> Moments:
    return Moments(
        units=float(len(group)), sums=group.sum(axis=0), products=np.asarray(group.T @ group)
    )


def _by_impression(group: Floats) -> RatioSums:
    clicks, shown = float(group[:, 0].sum()), float(group[:, 1].sum())
    return RatioSums(units=shown, y=clicks, x=shown, yy=clicks, xx=shown, xy=clicks)
