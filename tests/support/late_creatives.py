"""A day on which creatives come in late: readiness and click rates depend on arm and time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kirakat.bandit.ope.doubly_robust import doubly_robust, switch_dr
from kirakat.bandit.ope.estimate import Answer, Requirements
from kirakat.bandit.ope.importance import ips, snips
from kirakat.bandit.ope.log import LoggedRounds
from kirakat.bandit.ope.reward_model import cross_fit
from kirakat.bandit.sums import Floats
from kirakat.stats.intervals import Interval, wilson
from kirakat.stats.sufficient import Proportion

ARMS = 4
# The arm that comes in over the day, and the one that never does.
LATE, NEVER = 1, 3


@dataclass(frozen=True, kw_only=True)
class Day:
    """A log, and the truth behind it."""

    rounds: LoggedRounds
    contexts: Floats
    # (n, K) "the late arm where it is ready, else any", and its true click rate on these shoppers.
    target: Floats
    truth: float

    def naive(self) -> Interval:
        """The late arm's plain click rate, as a dashboard would show it."""
        shown = self.rounds.arms == LATE
        clicks = float(self.rounds.rewards[shown].sum())
        return wilson(Proportion(successes=clicks, trials=float(shown.sum())))


def draw_day(seed: int, rounds: int, *, readiness: bool = True, uniform: float = 1.0) -> Day:
    """Click rates rise over the day while the late arm's creatives come in.

    The log draws evenly among the ready arms with the share `uniform`, and else takes the first.
    Shoppers come up to five times and differ in how readily they click.
    """
    generator = np.random.default_rng(seed)
    time = np.linspace(0.0, 1.0, rounds)
    segment = (generator.random(rounds) < 0.5).astype(float)
    shoppers = generator.integers(0, rounds // 3, rounds)
    eager = generator.gamma(4.0, 0.25, rounds // 3)[shoppers]
    base = np.array([0.010, 0.016, 0.012, 0.030])
    rates = np.outer((0.5 + time) * eager, base) * (1.0 + 0.5 * np.outer(segment, [1, -1, 0, 1]))
    ready = np.ones((rounds, ARMS), np.bool_)
    if readiness:
        ready[:, LATE] = generator.random(rounds) < 0.1 + 0.8 * time
        ready[:, NEVER] = False
    even = ready / ready.sum(axis=1, keepdims=True)
    logging = uniform * even + (1.0 - uniform) * np.eye(ARMS)[0]
    arms = (logging.cumsum(axis=1) <= generator.random(rounds)[:, None]).sum(axis=1)
    rows = np.arange(rounds)
    target = np.where(ready[:, LATE, None], np.eye(ARMS)[LATE], even)
    return Day(
        rounds=LoggedRounds(
            arms=arms.astype(np.int64),
            rewards=(generator.random(rounds) < rates[rows, arms]).astype(float),
            propensities=logging[rows, arms],
            supported=ready,
            clusters=shoppers.astype(np.int64),
        ),
        contexts=np.stack([np.ones(rounds), segment, time], axis=1),
        target=target,
        truth=float((target * rates).sum(axis=1).mean() / eager.mean()),
    )


def _expected(day: Day) -> Floats:
    return cross_fit(day.rounds, day.contexts, folds=3)


ESTIMATORS: dict[str, Callable[[Day, Requirements], Answer]] = {
    "IPS": lambda day, needs: ips(day.rounds, day.target, needs),
    "SNIPS": lambda day, needs: snips(day.rounds, day.target, needs),
    "DR": lambda day, needs: doubly_robust(day.rounds, day.target, _expected(day), needs),
    "switch-DR": lambda day, needs: switch_dr(day.rounds, day.target, _expected(day), 20.0, needs),
}
