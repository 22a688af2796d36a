"""Buckets of variants, and how they change in place."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from kirakat.experiments.hash import BUCKETS
from kirakat.experiments.ranges import Ranges, changed_ranges, first_ranges, owner

_WEIGHTS = st.lists(st.integers(0, 20), min_size=3, max_size=3).filter(any)
_COVERAGE = st.sampled_from([0.01, 0.1, 0.33, 0.5, 0.9, 1.0])
_SETTING = st.tuples(_WEIGHTS, _COVERAGE)


def _owners(ranges: tuple[Ranges, ...]) -> list[int | None]:
    return [owner(ranges, bucket) for bucket in range(0, BUCKETS, 7)]


def _size(ranges: Ranges) -> int:
    return sum(end - start for start, end in ranges)


@given(_SETTING)
def test_no_bucket_has_two_owners(setting: tuple[list[int], float]) -> None:
    """A user would be in two variants."""
    stretches = sorted(s for ranges in first_ranges(*setting) for s in ranges)
    assert all(one[1] <= two[0] for one, two in itertools.pairwise(stretches))


@given(_SETTING, st.lists(_SETTING, min_size=1, max_size=4))
def test_changes_never_make_two_owners(
    first: tuple[list[int], float], changes: list[tuple[list[int], float]]
) -> None:
    """After some changes a user would be in two variants."""
    ranges = first_ranges(*first)
    for change in changes:
        ranges = changed_ranges(ranges, *change)
    stretches = sorted(s for one in ranges for s in one)
    assert all(one[1] <= two[0] for one, two in itertools.pairwise(stretches))
    assert stretches[0][0] >= 0
    assert stretches[-1][1] <= BUCKETS


@given(_SETTING, _SETTING)
def test_a_variant_keeps_what_it_need_not_give_up(
    before: tuple[list[int], float], after: tuple[list[int], float]
) -> None:
    """Users would change variants though theirs did not shrink."""
    old = first_ranges(*before)
    new = changed_ranges(old, *after)
    for number, (was, now) in enumerate(zip(old, new, strict=True)):
        kept = sum(
            1
            for one, two in zip(_owners(old), _owners(new), strict=True)
            if one == number and two == number
        )
        was_sampled = _owners(old).count(number)
        if _size(now) >= _size(was):
            assert kept == was_sampled
        else:
            assert kept == _owners(new).count(number)


@given(_SETTING, _SETTING)
def test_sizes_follow_the_weights(
    before: tuple[list[int], float], after: tuple[list[int], float]
) -> None:
    """The report would expect other group sizes than were assigned."""
    weights, coverage = after
    for ranges, weight in zip(changed_ranges(first_ranges(*before), *after), weights, strict=True):
        expected = BUCKETS * coverage * weight / sum(weights)
        assert abs(_size(ranges) - expected) <= 1.5


def test_raising_the_coverage_fills_each_part() -> None:
    """Full coverage reached in steps would differ from full coverage at once."""
    steps = changed_ranges(first_ranges([1, 1, 2], 0.1), [1, 1, 2], 0.4)
    assert changed_ranges(steps, [1, 1, 2], 1.0) == first_ranges([1, 1, 2], 1.0)


def test_coverage_down_and_up_again_changes_nothing() -> None:
    """A pause would shuffle the users."""
    full = first_ranges([1, 1], 1.0)
    assert changed_ranges(changed_ranges(full, [1, 1], 0.3), [1, 1], 1.0) == full


def test_growth_prefers_users_who_were_in_no_variant() -> None:
    """Users of a shrunk variant would move although untouched ones were there."""
    half = first_ranges([1, 1], 0.5)
    new = changed_ranges(half, [1, 3], 0.6)
    moved = [
        (one, two)
        for one, two in zip(_owners(half), _owners(new), strict=True)
        if one is not None and two is not None and one != two
    ]
    assert moved == []
