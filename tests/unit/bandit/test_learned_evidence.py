"""Evidence merges: cut, shuffled or folded, it stays the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kirakat.bandit.errors import BanditError
from kirakat.bandit.learner.evidence import (
    Evidence,
    fold_before,
    from_bytes,
    merge_all,
    sums_at,
    to_bytes,
)
from kirakat.bandit.sums import Batch, sums_of

ARMS = ("a@1", "b@1", "c@2", "d@1")


def _part(arms: list[int], epoch: int, width: int, seed: int) -> Evidence:
    """A few decisions of some arms, in one epoch."""
    random = np.random.default_rng(seed)
    names = tuple(ARMS[index] for index in sorted(set(arms)))
    count = 5 * len(names)
    batch = Batch(
        contexts=random.normal(size=(count, width)),
        arms=np.arange(count) % len(names),
        rewards=(random.random(count) < 0.3).astype(np.float64),
    )
    sums = sums_of(batch, len(names), epoch)
    return Evidence(
        arms=names, epochs=(epoch,), counts=sums.counts[None], clicks=sums.clicks[None],
        outer=sums.outer[None], reward=sums.reward[None],
    )  # fmt: skip


PARTS = st.lists(
    st.builds(
        _part,
        st.lists(st.integers(0, 3), min_size=1, max_size=4),
        st.integers(100, 104),
        st.integers(1, 6),
        st.integers(0, 10**6),
    ),
    min_size=1,
    max_size=8,
)


def _assert_same(one: Evidence, other: Evidence) -> None:
    assert (one.arms, one.epochs) == (other.arms, other.epochs)
    for name in ("counts", "clicks", "outer", "reward"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-10, atol=1e-12)


@given(parts=PARTS, order=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_slices_does_not_matter(parts: list[Evidence], order: object) -> None:
    """If it did, two learners would publish different policies from one log."""
    shuffled = list(parts)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    _assert_same(merge_all(parts), merge_all(shuffled))


@given(parts=PARTS, cut=st.integers(0, 8))
@settings(max_examples=60, deadline=None)
def test_slices_may_be_compacted_anywhere(parts: list[Evidence], cut: int) -> None:
    """If they could not, compaction would change the policy."""
    halves = [merge_all(parts[:cut]), merge_all(parts[cut:])]
    stored = [from_bytes(half.arms, to_bytes(half)) for half in halves]
    _assert_same(merge_all(parts), merge_all(stored))


@given(parts=PARTS, forgetting=st.floats(0.5, 1.0))
@settings(max_examples=60, deadline=None)
def test_folding_old_epochs_keeps_what_is_decided_by(
    parts: list[Evidence], forgetting: float
) -> None:
    """If it did not, old evidence would be forgotten faster the more often it is compacted."""
    whole = merge_all(parts)
    folded = fold_before(whole, 103, forgetting)
    expected = sums_at(whole, ARMS, 6, 104, forgetting)
    found = sums_at(folded, ARMS, 6, 104, forgetting)
    np.testing.assert_allclose(found.outer, expected.outer, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.counts, expected.counts, rtol=1e-10)


def test_older_epochs_weigh_less() -> None:
    """If they did not, tastes of last year would outvote those of today."""
    whole = merge_all([_part([0], 100, 2, 1), _part([0], 102, 2, 2)])
    sums = sums_at(whole, ("a@1",), 2, 102, 0.5)
    assert sums.counts.tolist() == [5.0 + 5.0 / 4]


def test_arms_come_in_the_order_that_is_asked_for() -> None:
    """If they did not, one prompt would be credited with another's clicks."""
    whole = merge_all([_part([0], 1, 2, 1), _part([1, 1], 1, 2, 2), _part([1], 1, 2, 3)])
    sums = sums_at(whole, ("new@1", "b@1", "a@1"), 3, 1, 1.0)
    assert sums.counts.tolist() == [0.0, 10.0, 5.0]


def test_evidence_of_more_features_is_refused() -> None:
    """If it were not, features would be cut off in silence."""
    with pytest.raises(BanditError, match="features"):
        sums_at(_part([0], 1, 5, 1), ("a@1",), 3, 1, 1.0)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", to_bytes(_part([0, 1], 1, 2, 1))])
def test_broken_sums_are_refused(data: bytes) -> None:
    """If they were not, one damaged row would spoil a policy unseen."""
    with pytest.raises(BanditError, match="learned sums"):
        from_bytes(("a@1",), data)
