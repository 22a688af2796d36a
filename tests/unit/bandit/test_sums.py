"""Sufficient statistics: merging, forgetting, new arms."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.bandit.errors import BanditError
from kirakat.bandit.linucb_disjoint import fit_disjoint
from kirakat.bandit.prior import TEXTBOOK, Prior, inherit
from kirakat.bandit.sums import Batch, LinearSums, merge, sums_of, with_arms

MakeBatch = Callable[[int, int, int, int], Batch]


def largest_difference(first: LinearSums, second: LinearSums) -> float:
    """Of any number in the two."""
    names = ("counts", "clicks", "outer", "reward")
    return max(float(np.abs(getattr(first, n) - getattr(second, n)).max()) for n in names)


@given(seed=st.integers(0, 10_000), shards=st.integers(1, 12))
def test_shards_in_any_order_give_the_same_state(
    make_batch: MakeBatch, seed: int, shards: int
) -> None:
    """If order mattered, two learners could never share a policy."""
    batch = make_batch(seed, 120, 4, 5)
    generator = np.random.default_rng(seed)
    shard = generator.integers(0, shards, 120)
    parts = []
    for number in generator.permutation(shards):
        rows = generator.permutation(np.flatnonzero(shard == number))
        part = Batch(
            contexts=batch.contexts[rows], arms=batch.arms[rows], rewards=batch.rewards[rows]
        )
        parts.append(sums_of(part, 4))
    assert largest_difference(reduce(merge, parts), sums_of(batch, 4)) < 1e-10


@given(order=st.permutations(range(5)))
def test_epochs_merge_in_any_order(make_batch: MakeBatch, order: list[int]) -> None:
    """If a late event weighed otherwise than one in time, a restart would change the policy."""
    parts = [sums_of(make_batch(epoch, 30, 3, 4), 3, epoch=epoch) for epoch in range(5)]
    in_time = reduce(lambda one, two: merge(one, two, 0.8), parts)
    shuffled = reduce(lambda one, two: merge(one, two, 0.8), [parts[i] for i in order])
    assert shuffled.epoch == in_time.epoch
    assert largest_difference(shuffled, in_time) < 1e-10


def test_forgetting_ends_at_the_prior(make_batch: MakeBatch) -> None:
    """If A itself decayed, an old model would grow unboundedly unsure."""
    sums = sums_of(make_batch(0, 500, 3, 4), 3)
    fitted = fit_disjoint(sums.at(400, 0.8), TEXTBOOK)
    assert fitted.spread == pytest.approx(np.broadcast_to(np.eye(4), (3, 4, 4)), abs=1e-6)
    assert fitted.theta == pytest.approx(np.zeros((3, 4)), abs=1e-6)


def test_going_back_in_time_is_refused(make_batch: MakeBatch) -> None:
    """If it were not, evidence could be inflated by a clock that jumps."""
    with pytest.raises(BanditError, match="lies before"):
        sums_of(make_batch(0, 5, 3, 4), 3, epoch=4).at(3, 0.8)


def test_sums_of_other_features_do_not_merge(make_batch: MakeBatch) -> None:
    """If they did, a changed schema would silently spoil the policy."""
    with pytest.raises(BanditError, match="other arms or features"):
        merge(sums_of(make_batch(0, 5, 3, 4), 3), sums_of(make_batch(0, 5, 3, 5), 3))


def test_a_new_arm_leaves_the_others_evidence(make_batch: MakeBatch) -> None:
    """If it did not, adding a prompt would restart a category."""
    sums = sums_of(make_batch(0, 50, 3, 4), 3)
    grown = with_arms(sums, [2, None, 0])
    assert grown.counts.tolist() == [sums.counts[2], 0.0, sums.counts[0]]
    assert (grown.outer[2] == sums.outer[0]).all()


def test_a_cold_arm_starts_at_its_category(make_batch: MakeBatch) -> None:
    """If it started at 0, a new prompt would look hopeless, or be shown to everyone."""
    sums = with_arms(sums_of(make_batch(0, 4000, 3, 4), 3), [0, 1, 2, None])
    fitted = fit_disjoint(sums, Prior(ridge=10.0, category_ridge=1.0))
    pooled = np.linalg.solve(sums.outer.sum(0) + np.eye(4), sums.reward.sum(0))
    assert fitted.theta[3] == pytest.approx(pooled, abs=1e-9)


def test_a_new_version_inherits_a_limited_share(make_batch: MakeBatch) -> None:
    """If it took all evidence, a mended prompt would carry its predecessor's fate."""
    sums = with_arms(sums_of(make_batch(0, 4000, 1, 4), 1), [0, None])
    informed = inherit(sums, (None, 0), Prior(inherited_share=0.5, inherited_limit=100.0))
    assert informed.counts[1] == pytest.approx(100.0)
    assert informed.outer[1] == pytest.approx(sums.outer[0] * 100.0 / 4000.0)
