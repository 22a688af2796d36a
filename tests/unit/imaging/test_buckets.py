"""Which placements share a generated picture."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.errors import LayoutError
from kirakat.imaging.buckets import (
    MAX_CROP_LOSS,
    assign_buckets,
    candidate_buckets,
    crop_box,
    crop_loss,
)
from kirakat.imaging.placements import load_placements
from kirakat.types import Bucket, Placement

sides = st.integers(100, 2000)


@st.composite
def placements(draw: st.DrawFn) -> Placement:
    """Any placement."""
    width, height = draw(sides), draw(sides)
    return Placement(name=f"{width}x{height}", width=width, height=height)


native_sizes = st.sampled_from([256, 512, 768, 1024])


@given(listed=st.lists(placements(), max_size=8, unique=True), native_size=native_sizes)
def test_every_placement_but_tiles_has_one_bucket(
    listed: list[Placement], native_size: int
) -> None:
    """Otherwise a placement gets no picture, or pays for two."""
    assigned = [
        p for served in assign_buckets(listed, native_size=native_size).values() for p in served
    ]
    assert sorted(p.name for p in assigned) == sorted(p.name for p in listed if not p.is_tile)


@given(listed=st.lists(placements(), max_size=8, unique=True), native_size=native_sizes)
def test_no_placement_loses_more_than_the_limit_unless_it_must(
    listed: list[Placement], native_size: int
) -> None:
    """Otherwise a scene is cropped until its setting is gone."""
    candidates = candidate_buckets(native_size)
    for bucket, served in assign_buckets(listed, native_size=native_size).items():
        for placement in served:
            least = min(crop_loss(other, placement) for other in candidates)
            assert crop_loss(bucket, placement) <= max(MAX_CROP_LOSS, least) + 1e-9


@given(width=sides)
def test_square_placements_get_the_square_size(width: int) -> None:
    """Otherwise the commonest creatives are crops."""
    square = Placement(name="square", width=width, height=width)
    near = Placement(name="near", width=width, height=width + width // 12)
    buckets = assign_buckets([near, square], native_size=512)
    assert square in buckets[Bucket(width=512, height=512)]


def test_the_order_of_placements_does_not_change_the_buckets() -> None:
    """Otherwise renders made yesterday are not found today."""
    listed = list(load_placements().values())
    forward = assign_buckets(listed, native_size=512)
    backward = assign_buckets(listed[::-1], native_size=512)
    assert list(forward) == list(backward)
    assert {b: set(p) for b, p in forward.items()} == {b: set(p) for b, p in backward.items()}


def test_no_smaller_set_of_buckets_would_do() -> None:
    """Otherwise a catalogue costs more renders than it needs."""
    listed = [p for p in load_placements().values() if not p.is_tile]
    used = assign_buckets(listed, native_size=512)
    for fewer in combinations(candidate_buckets(512), len(used) - 1):
        covered = all(min(crop_loss(b, p) for b in fewer) <= MAX_CROP_LOSS for p in listed)
        assert not covered or Bucket(width=512, height=512) not in fewer


@given(native_size=native_sizes)
def test_sizes_suit_the_model(native_size: int) -> None:
    """Otherwise the model refuses the size or draws outside what it was trained on."""
    for bucket in candidate_buckets(native_size):
        assert bucket.width % 64 == bucket.height % 64 == 0
        assert max(bucket.width, bucket.height) == native_size
        assert 0.5 <= bucket.width / bucket.height <= 2.0


@pytest.mark.parametrize("native_size", [0, -64, 500])
def test_a_size_that_no_model_draws_is_refused(native_size: int) -> None:
    """Otherwise generation fails much later with a message about tensors."""
    with pytest.raises(LayoutError):
        candidate_buckets(native_size)


@given(placement=placements(), native_size=native_sizes)
def test_a_crop_is_centred_inside_and_has_the_placements_ratio(
    placement: Placement, native_size: int
) -> None:
    """Otherwise creatives are stretched or show an empty strip."""
    for bucket in candidate_buckets(native_size):
        box = crop_box(bucket, placement)
        assert box.width / box.height == pytest.approx(placement.ratio)
        assert box.x + box.right == pytest.approx(bucket.width)
        assert box.y + box.bottom == pytest.approx(bucket.height)
        assert min(box.x, box.y) >= -1e-9


@given(placement=placements(), native_size=native_sizes)
def test_the_loss_is_the_area_outside_the_crop(placement: Placement, native_size: int) -> None:
    """Otherwise certificates state a wrong crop loss."""
    for bucket in candidate_buckets(native_size):
        box = crop_box(bucket, placement)
        lost = 1.0 - box.width * box.height / (bucket.width * bucket.height)
        assert crop_loss(bucket, placement) == pytest.approx(lost, abs=1e-9)
