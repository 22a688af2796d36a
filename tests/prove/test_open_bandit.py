"""The Open Bandit Dataset's sample: what 10,000 rows can and cannot show.

The exercise of Saito et al. (2020): the click rate of Bernoulli Thompson sampling (BTS) from the
log of the uniform policy, beside its own log's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kirakat.bandit.linucb_online import OnlineLinUCB
from kirakat.bandit.ope.doubly_robust import doubly_robust, switch_dr
from kirakat.bandit.ope.estimate import Answer, Estimate, Requirements
from kirakat.bandit.ope.importance import ips, snips
from kirakat.bandit.ope.open_bandit import OpenBanditLog, read_open_bandit
from kirakat.bandit.ope.replay import replay, replay_learning
from kirakat.bandit.ope.reward_model import cross_fit
from kirakat.bandit.sums import Floats, Indices
from kirakat.stats.intervals import wilson
from kirakat.stats.sufficient import Proportion

CAMPAIGNS = ("all", "men", "women")
# Shown without refusing, so that the table says what is refused.
ANY = Requirements(effective_clicks=0.0)
GROUPS = 4


def told(found: Answer) -> str:
    """A line of the table."""
    assert isinstance(found, Estimate)
    limits = f"{found.interval.value:.5f} [{found.interval.low:.5f}, {found.interval.high:.5f}]"
    refused = found.expected_clicks < Requirements().effective_clicks
    note = "  refused by default" if refused else ""
    return f"{found.estimator:10s} {limits} {found.effective_clicks:5.1f} effective clicks{note}"


def contexts_of(log: OpenBanditLog) -> Floats:
    """(n, d): 1, position, and the first user feature's commonest values."""
    firsts = [user[0] for user in log.users]
    common = sorted(set(firsts), key=lambda value: (-firsts.count(value), value))[:5]
    columns = [np.ones(len(log)), *(np.array(log.positions == p, np.float64) for p in (0, 1))]
    columns += [np.array([float(value == name) for value in firsts]) for name in common]
    return np.stack(columns, axis=1)


def item_groups(log: OpenBanditLog) -> Indices:
    """Items in groups of equal size by their numeric feature."""
    order = log.item_features[:, 0].argsort(kind="stable").argsort(kind="stable")
    return np.asarray(order * GROUPS // len(order), np.int64)


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_bts_from_the_uniform_log(campaign: str, test_data: Path) -> None:
    """If the interval missed the policy's own click rate, the estimators would be wrong."""
    folder = test_data / "clicks" / "open-bandit"
    uniform = read_open_bandit(folder / "random" / campaign)
    bts = read_open_bandit(folder / "bts" / campaign)
    target = bts.frequencies()[uniform.positions]
    rounds, contexts = uniform.rounds(), contexts_of(uniform)
    expected = cross_fit(rounds, contexts)
    own = wilson(Proportion(successes=bts.clicks.sum(), trials=len(bts)))
    print(f"\n{campaign}: BTS on-policy {own.value:.5f} [{own.low:.5f}, {own.high:.5f}], ", end="")
    print(f"uniform on-policy {uniform.ctr:.5f}")
    for found in (
        ips(rounds, target, ANY),
        snips(rounds, target, ANY),
        doubly_robust(rounds, target, expected, ANY),
        switch_dr(rounds, target, expected, 5.0, ANY),
    ):
        print("  ", told(found))
        assert isinstance(found, Estimate)
        assert found.interval.overlaps(own)


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_linucb_over_item_groups(campaign: str, test_data: Path) -> None:
    """If replay and DR disagreed beyond their intervals, one of them would be wrong."""
    log = read_open_bandit(test_data / "clicks" / "open-bandit" / "random" / campaign)
    rounds, contexts = log.grouped(item_groups(log)), contexts_of(log)
    learner = OnlineLinUCB(GROUPS, contexts.shape[1], exploration=0.07, ridge=30.0)

    def learn(row: int) -> None:
        learner.update(contexts[row], int(rounds.arms[row]), float(rounds.rewards[row]))

    target = replay_learning(rounds, lambda row: learner.select(contexts[row]), learn)
    even = np.bincount(item_groups(log))
    replayed = (replay if len(set(even.tolist())) == 1 else snips)(rounds, target, ANY)
    robust = doubly_robust(rounds, target, cross_fit(rounds, contexts), ANY)
    print(f"\n{campaign}, LinUCB over {GROUPS} item groups, uniform {log.ctr:.5f}")
    for found in (replayed, robust):
        print("  ", told(found))
    assert isinstance(replayed, Estimate)
    assert isinstance(robust, Estimate)
    assert replayed.interval.overlaps(robust.interval)
