"""Readiness that depends on arm and time: what estimates say, and what plain click rates say.

A creative that comes in late is seen at other hours, when people click more or less. Its plain
click rate is then wrong however much is logged; estimates from logged propensities are not, down to
the fewest clicks for which one is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from kirakat.bandit.ope.estimate import Estimate, NotEstimable, Requirements
from kirakat.stats.intervals import wilson
from kirakat.stats.sufficient import Proportion
from tests.support.late_creatives import ARMS, ESTIMATORS, NEVER, Day, draw_day

RUNS = 400
FLOOR = Requirements().effective_clicks
ANY = Requirements(effective_clicks=0.0)
# Rounds of a day, and the share of them that the log draws evenly.
DAYS = {
    "even log": (6_000, 1.0),
    "even log, near the floor": (4_000, 1.0),
    "30 % even": (20_000, 0.3),
    "30 % even, near the floor": (11_000, 0.3),
    "10 % even, near the floor": (32_000, 0.1),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one estimator said over many days."""

    name: str
    # Days with an estimate, of them those whose limits held the truth, and those that missed it
    # from below (the truth lies above) and from above.
    given: int
    covered: int
    under: int
    over: int
    bias: float
    width: float
    clicks: float

    @property
    def coverage(self) -> float:
        """Share of the days whose limits held the truth."""
        return self.covered / self.given

    def line(self) -> str:
        """Of the table."""
        noise = wilson(Proportion(successes=self.covered, trials=self.given))
        return (
            f"{self.name:17s} {self.given:5d} {self.clicks:7.1f} {self.bias:+7.1%} "
            f"{self.coverage:7.1%} [{noise.low:.1%}, {noise.high:.1%}] "
            f"{self.under / self.given:6.1%} {self.over / self.given:6.1%} {self.width:7.2f}"
        )


def judged(name: str, days: list[Day], estimator: str) -> Row:
    """The days on which the estimator gives an answer at the floor."""
    values, truths, lows, highs, clicks = [], [], [], [], []
    for day in days:
        found = ESTIMATORS[estimator](day, Requirements())
        if not isinstance(found, Estimate):
            continue
        values.append(found.interval.value)
        lows.append(found.interval.low)
        highs.append(found.interval.high)
        truths.append(day.truth)
        clicks.append(found.effective_clicks)
    low, high, truth = np.array(lows), np.array(highs), np.array(truths)
    return Row(
        name=name, given=len(values), covered=int(((low <= truth) & (truth <= high)).sum()),
        under=int((high < truth).sum()), over=int((low > truth).sum()),
        bias=float(np.mean(values) / truth.mean() - 1.0),
        width=float(((high - low) / truth).mean()), clicks=float(np.mean(clicks)),
    )  # fmt: skip


def naive_row(days: list[Day]) -> Row:
    """What a dashboard's click rate of the late arm says."""
    found = [day.naive() for day in days]
    truth = np.array([day.truth for day in days])
    low, high = np.array([one.low for one in found]), np.array([one.high for one in found])
    values = np.array([one.value for one in found])
    clicks = [day.rounds.rewards[day.rounds.arms == 1].sum() for day in days]
    return Row(
        name="naive click rate", given=len(days),
        covered=int(((low <= truth) & (truth <= high)).sum()),
        under=int((high < truth).sum()), over=int((low > truth).sum()),
        bias=float(values.mean() / truth.mean() - 1.0),
        width=float(((high - low) / truth).mean()), clicks=float(np.mean(clicks)),
    )  # fmt: skip


@pytest.mark.parametrize("kind", DAYS)
def test_limits_cover_the_truth_where_readiness_moves(kind: str) -> None:
    """If they did not, late creatives would be promoted for the hour at which they came in."""
    rounds, uniform = DAYS[kind]
    days = [draw_day(seed, rounds, uniform=uniform) for seed in range(RUNS)]
    rows = [naive_row(days), *(judged(name, days, name) for name in ESTIMATORS)]
    print(f"\n{kind}: {rounds:,} rounds a day, {RUNS} days; given from {FLOOR:g} clicks expected")
    print(f"{'estimator':18s} days  clicks    bias  covers   [95 % limits]   below  above  width")
    for row in rows:
        print(row.line())
    for row in rows[1:]:
        assert row.given >= 100
        assert row.coverage >= 0.93


def test_more_data_does_not_mend_the_naive_rate() -> None:
    """If it did, propensities would not be worth their logging."""
    days = [draw_day(seed, 60_000) for seed in range(60)]
    naive, robust = naive_row(days), judged("DR", days, "DR")
    print(f"\n60,000 rounds a day, 60 days\n{naive.line()}\n{robust.line()}")
    assert naive.bias > 0.08
    assert naive.coverage < 0.85
    assert robust.coverage >= 0.9
    assert abs(robust.bias) < 0.02


@pytest.mark.parametrize("name", ESTIMATORS)
def test_never_ready_arms_have_no_estimate(name: str) -> None:
    """If a number came out, it would be invented."""
    from dataclasses import replace

    day = draw_day(0, 6_000)
    never = replace(day, target=np.eye(ARMS)[np.full(6_000, NEVER)])
    found = ESTIMATORS[name](never, ANY)
    assert isinstance(found, NotEstimable)
    print(f"\n{name}: not estimable, {found.reason}; unlogged mass {found.unlogged_mass:.0%}")
    assert found.unlogged_mass == 1.0
