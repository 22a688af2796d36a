"""Generation sizes, and which placements are cut from the same generated picture."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from kirakat.errors import LayoutError
from kirakat.types import Box, Bucket, Placement

# Share of a generated picture that a placement may leave unused, where the sizes allow it.
MAX_CROP_LOSS = 0.12
# Autoencoders and UNets halve the picture up to six times.
_MULTIPLE = 64
# Ratios between two neighbouring sizes differ by at most an eighth of the long side.
_STEPS = 8


def candidate_buckets(native_size: int) -> tuple[Bucket, ...]:
    """All sizes with `native_size` as the long side, from 1:2 to 2:1, the square first.

    Raises `LayoutError` when `native_size` is no positive multiple of 64.
    """
    if native_size <= 0 or native_size % _MULTIPLE:
        raise LayoutError(f"a native size must be a multiple of {_MULTIPLE}, not {native_size}")
    step = max(_MULTIPLE, native_size // _STEPS // _MULTIPLE * _MULTIPLE)
    shorts = range(native_size - step, (native_size - 1) // 2, -step)
    wide = tuple(Bucket(width=native_size, height=short) for short in shorts)
    tall = tuple(Bucket(width=short, height=native_size) for short in shorts)
    return (Bucket(width=native_size, height=native_size), *wide, *tall)


def assign_buckets(
    placements: Sequence[Placement], *, native_size: int
) -> dict[Bucket, tuple[Placement, ...]]:
    """The fewest generation sizes that serve all placements, and what each one serves.

    No placement loses more than `MAX_CROP_LOSS` of its picture unless no size can do better;
    of equally few sizes those with the least loss are taken. Square placements always get the
    square size, and tiles, which are not generated, are left out.
    """
    diffused = tuple(placement for placement in placements if not placement.is_tile)
    if not diffused:
        return {}
    candidates = candidate_buckets(native_size)
    chosen = _fewest(diffused, candidates)
    best = {placement: _least_loss(placement, chosen) for placement in diffused}
    return {
        bucket: tuple(placement for placement in diffused if best[placement] == bucket)
        for bucket in candidates
        if bucket in best.values()
    }


def crop_box(bucket: Bucket, placement: Placement) -> Box:
    """The largest centred part of a bucket with exactly the placement's ratio, in pixels."""
    width = min(float(bucket.width), bucket.height * placement.ratio)
    height = width / placement.ratio
    return Box(
        x=(bucket.width - width) / 2, y=(bucket.height - height) / 2, width=width, height=height
    )


def crop_loss(bucket: Bucket, placement: Placement) -> float:
    """Share of a bucket's area, 0 to 1, that the placement's crop leaves out."""
    relative = bucket.width / bucket.height / placement.ratio
    return 1.0 - min(relative, 1.0 / relative)


def _fewest(placements: Sequence[Placement], candidates: Sequence[Bucket]) -> tuple[Bucket, ...]:
    """The smallest set of candidates that covers all placements (at most nine candidates)."""
    acceptable = [_acceptable(placement, candidates) for placement in placements]
    for size in range(1, len(candidates)):
        covers = [
            chosen
            for chosen in combinations(candidates, size)
            if all(options & set(chosen) for options in acceptable)
        ]
        if covers:
            return min(covers, key=lambda chosen: _total_loss(placements, chosen))
    return tuple(candidates)


def _acceptable(placement: Placement, candidates: Sequence[Bucket]) -> set[Bucket]:
    if placement.width == placement.height:
        return {candidates[0]}
    limit = max(MAX_CROP_LOSS, min(crop_loss(bucket, placement) for bucket in candidates))
    return {bucket for bucket in candidates if crop_loss(bucket, placement) <= limit}


def _total_loss(placements: Sequence[Placement], chosen: Sequence[Bucket]) -> float:
    return sum(crop_loss(_least_loss(item, chosen), item) for item in placements)


def _least_loss(placement: Placement, chosen: Sequence[Bucket]) -> Bucket:
    return min(chosen, key=lambda bucket: crop_loss(bucket, placement))
