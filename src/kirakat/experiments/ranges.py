"""Which of the 10,000 buckets belong to which variant, and how that changes in place.

A variant owns stretches [start, end). Changing weights or coverage moves as few buckets as
possible: whoever shrinks gives up its last buckets, whoever grows takes unused ones, first those
that nobody had before. A unit never changes variants unless its bucket was given up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from kirakat.experiments.hash import BUCKETS

# [start, end) in buckets.
Stretch: TypeAlias = tuple[int, int]
Ranges: TypeAlias = tuple[Stretch, ...]


def first_ranges(weights: Sequence[float], coverage: float = 1.0) -> tuple[Ranges, ...]:
    """The ranges at the start, those of GrowthBook: each variant fills its part from the left."""
    ranges, start = [], 0
    for part in _parts(weights):
        size = _covered(part, coverage)
        ranges.append(((start, start + size),) if size else ())
        start += part
    return tuple(ranges)


def changed_ranges(
    current: Sequence[Ranges], weights: Sequence[float], coverage: float = 1.0
) -> tuple[Ranges, ...]:
    """The ranges after a change of weights or coverage."""
    wanted = [_covered(part, coverage) for part in _parts(weights)]
    unused = _gaps([stretch for ranges in current for stretch in ranges])
    kept = [_first(ranges, size) for ranges, size in zip(current, wanted, strict=True)]
    freed = [_rest(ranges, size) for ranges, size in zip(current, wanted, strict=True)]
    given_up = [stretch for ranges in freed for stretch in ranges]
    grown = []
    for ranges, size in zip(kept, wanted, strict=True):
        start = ranges[-1][1] if ranges else 0
        pool = [*_from(unused, start), *_from(given_up, start)]
        taken = _first(pool, size - _size(ranges))
        unused, given_up = _without(unused, taken), _without(given_up, taken)
        grown.append(_joined([*ranges, *taken]))
    return tuple(grown)


def owner(ranges: Sequence[Ranges], bucket: int) -> int | None:
    """The number of the variant that owns a bucket; None for nobody's."""
    for number, stretches in enumerate(ranges):
        for start, end in stretches:
            if start <= bucket < end:
                return number
    return None


def _parts(weights: Sequence[float]) -> list[int]:
    """Buckets by weight that sum to all of them: largest remainders get what rounding leaves."""
    total = sum(weights)
    exact = [BUCKETS * weight / total for weight in weights]
    parts = [int(value) for value in exact]
    order = sorted(range(len(exact)), key=lambda number: (parts[number] - exact[number], number))
    for number in order[: BUCKETS - sum(parts)]:
        parts[number] += 1
    return parts


def _covered(part: int, coverage: float) -> int:
    return int(part * coverage + 0.5)


def _size(ranges: Sequence[Stretch]) -> int:
    return sum(end - start for start, end in ranges)


def _first(ranges: Sequence[Stretch], size: int) -> Ranges:
    """The first `size` buckets, or all."""
    kept = []
    for start, end in ranges:
        take = min(end - start, size)
        if take > 0:
            kept.append((start, start + take))
            size -= take
    return tuple(kept)


def _rest(ranges: Sequence[Stretch], size: int) -> Ranges:
    """What `_first` leaves."""
    return tuple(_without(ranges, _first(ranges, size)))


def _without(ranges: Sequence[Stretch], taken: Sequence[Stretch]) -> list[Stretch]:
    """`ranges` less `taken`, each of which lies within one of them."""
    left = list(ranges)
    for start, end in taken:
        cut: list[Stretch] = []
        for low, high in left:
            if low <= start and end <= high:
                cut += [piece for piece in ((low, start), (end, high)) if piece[0] < piece[1]]
            else:
                cut.append((low, high))
        left = cut
    return left


def _from(ranges: Sequence[Stretch], start: int) -> list[Stretch]:
    """In order from `start` on, those before it last: growth stays in one piece."""
    return sorted(ranges, key=lambda stretch: (stretch[0] < start, stretch[0]))


def _gaps(owned: Sequence[Stretch]) -> list[Stretch]:
    gaps, upto = [], 0
    for start, end in sorted(owned):
        if start > upto:
            gaps.append((upto, start))
        upto = max(upto, end)
    return [*gaps, (upto, BUCKETS)] if upto < BUCKETS else gaps


def _joined(ranges: Sequence[Stretch]) -> Ranges:
    """Sorted, with neighbours made one."""
    joined: list[Stretch] = []
    for start, end in sorted(ranges):
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)
