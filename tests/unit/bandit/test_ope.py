"""Off-policy estimates where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from kirakat.bandit.errors import BanditError
from kirakat.bandit.ope.doubly_robust import doubly_robust, switch_dr
from kirakat.bandit.ope.estimate import Estimate, NotEstimable, Requirements
from kirakat.bandit.ope.importance import ips, snips
from kirakat.bandit.ope.log import LoggedRounds
from kirakat.bandit.ope.replay import replay, replay_learning
from kirakat.bandit.ope.reward_model import cross_fit
from kirakat.bandit.sums import Indices
from tests.support.late_creatives import ARMS, ESTIMATORS, draw_day

ROUNDS, RUNS = 6000, 300
# One day of the simulated traffic has few clicks.
FEW = Requirements(effective_clicks=5.0)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_intervals_cover_the_truth(name: str) -> None:
    """If they did not, a policy would be switched on for a lift that is not there."""
    covered, values, truths = 0, [], []
    for seed in range(RUNS):
        day = draw_day(seed, ROUNDS)
        found = ESTIMATORS[name](day, Requirements())
        assert isinstance(found, Estimate)
        covered += found.interval.low <= day.truth <= found.interval.high
        values.append(found.interval.value)
        truths.append(day.truth)
    assert covered / RUNS >= 0.925
    assert np.mean(values) == pytest.approx(np.mean(truths), rel=0.03)


def test_switching_lies_between_doubly_robust_and_the_model() -> None:
    """If it did not, the threshold would not say which rows are left to the model."""
    day = draw_day(3, ROUNDS)
    expected = cross_fit(day.rounds, day.contexts, folds=3)
    robust = doubly_robust(day.rounds, day.target, expected, FEW)
    never = switch_dr(day.rounds, day.target, expected, 10.0, FEW)
    assert isinstance(robust, Estimate)
    assert isinstance(never, Estimate)
    assert never.interval == robust.interval
    # All weights are 3 or less here, and those above 2 carry most of the clicks.
    often = switch_dr(day.rounds, day.target, expected, 2.0, FEW)
    assert isinstance(often, Estimate)
    assert often.rounds < never.rounds
    assert often.interval.high - often.interval.low < never.interval.high - never.interval.low


def test_the_naive_click_rate_is_biased_where_readiness_moves_with_time() -> None:
    """If it were not, nobody would need propensities; it is, and shows what they mend."""
    naive, truths = [], []
    for seed in range(100):
        day = draw_day(seed, ROUNDS)
        shown = day.rounds.arms == 1
        naive.append(day.rounds.rewards[shown].mean())
        truths.append(day.truth)
    assert np.mean(naive) > 1.08 * np.mean(truths)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_arm_never_ready_is_not_estimable(name: str) -> None:
    """If a number came out, it would be invented."""
    from dataclasses import replace

    day = draw_day(0, ROUNDS)
    never = replace(day, target=np.eye(ARMS)[np.full(ROUNDS, 3)])
    found = ESTIMATORS[name](never, Requirements())
    assert isinstance(found, NotEstimable)
    assert found.unlogged_mass == 1.0
    assert found.reason == "no logged decision could have been the target's"


def test_too_few_effective_clicks_are_refused() -> None:
    """If they were not, three clicks would decide a catalogue's look."""
    day = draw_day(0, ROUNDS)
    found = ips(day.rounds, day.target, Requirements(effective_clicks=1000.0))
    assert isinstance(found, NotEstimable)
    assert "effective clicks" in found.reason


def test_a_target_that_leaves_the_log_is_refused() -> None:
    """If it were not, missing mass would count as clicks of 0."""
    day = draw_day(0, ROUNDS)
    target = 0.8 * day.target + 0.2 * np.eye(ARMS)[np.full(ROUNDS, 3)]
    found = snips(day.rounds, target)
    assert isinstance(found, NotEstimable)
    assert "20.0% of the target's choices" in found.reason


def test_replay_equals_snips_on_an_even_log() -> None:
    """If it did not, one of the two would be wrong."""
    day = draw_day(1, ROUNDS, readiness=False)
    one = replay(day.rounds, day.target, FEW)
    two = snips(day.rounds, day.target, FEW)
    assert isinstance(one, Estimate)
    assert isinstance(two, Estimate)
    assert one.interval.value == pytest.approx(two.interval.value)
    assert one.interval.high == pytest.approx(two.interval.high)


def test_replay_refuses_an_uneven_log() -> None:
    """If it did not, the log's own policy would show through."""
    from dataclasses import replace

    day = draw_day(1, ROUNDS, readiness=False)
    uneven = replace(day.rounds, propensities=np.full(ROUNDS, 0.3))
    with pytest.raises(BanditError, match="drawn evenly"):
        replay(uneven, day.target)


def test_replay_learns_from_matches_alone() -> None:
    """If it learned from other rows, it would know outcomes that it never caused."""
    day = draw_day(1, ROUNDS, readiness=False)
    seen: list[int] = []
    target = replay_learning(day.rounds, lambda row: row % ARMS, seen.append)
    chosen: Indices = target.argmax(axis=1)
    assert seen == np.flatnonzero(chosen == day.rounds.arms).tolist()


def test_a_logged_propensity_of_0_is_refused() -> None:
    """If it were not, one broken row would make an estimate infinite."""
    with pytest.raises(BanditError, match="propensity is 0"):
        LoggedRounds(
            arms=np.zeros(1, np.int64),
            rewards=np.zeros(1),
            propensities=np.zeros(1),
            supported=np.ones((1, 2), np.bool_),
            clusters=np.zeros(1, np.int64),
        )


def test_clustered_clicks_widen_the_interval() -> None:
    """If they did not, one eager shopper would look like many."""
    from dataclasses import replace

    day = draw_day(2, ROUNDS)
    apart = replace(day.rounds, clusters=np.arange(ROUNDS, dtype=np.int64))
    together = replace(day.rounds, clusters=day.rounds.clusters // 40)
    narrow, wide = ips(apart, day.target, FEW), ips(together, day.target, FEW)
    assert isinstance(narrow, Estimate)
    assert isinstance(wide, Estimate)
    assert wide.effective_clicks < narrow.effective_clicks
    assert wide.interval.high > narrow.interval.high
