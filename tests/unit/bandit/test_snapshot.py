"""Snapshots: what a service picks up, or refuses."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.bandit.arms import Arm, ArmSet, Readiness
from kirakat.bandit.decide import Request, decide
from kirakat.bandit.errors import SnapshotError
from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.snapshot import Snapshot, from_bytes, to_bytes
from kirakat.bandit.specification import PolicySpecification
from kirakat.bandit.sums import Batch, sums_of

MakeBatch = Callable[[int, int, int, int], Batch]


@pytest.fixture(scope="module")
def snapshot(make_batch: MakeBatch) -> Snapshot:
    """A hybrid policy with some evidence."""
    arms = ArmSet(
        (
            Arm(arm_id="oak@1", tags=("wood", "warm")),
            Arm(arm_id="oak@2", tags=("wood",), inherits_from="oak@1"),
            Arm(arm_id="slate@1", tags=("stone",)),
        )
    )
    return Snapshot(
        merchant_id="m1",
        category="furniture",
        version=3,
        as_of=1.7e9,
        feature_version="default@1",
        arms=arms,
        specification=PolicySpecification(model="hybrid", options={"exploration": 0.3}),
        exposure=Exposure(floor=0.05),
        rule="ready",
        uniform_share=0.05,
        sums=sums_of(make_batch(0, 300, 3, 4), 3, epoch=9),
    )


def test_a_snapshot_decides_as_before_after_reading(snapshot: Snapshot) -> None:
    """If it did not, service and learner would run different policies."""
    again = from_bytes(to_bytes(snapshot))
    readiness = Readiness(eligible=snapshot.arms.ids, ready=snapshot.arms.ids)
    for number in range(20):
        context = np.random.default_rng(number).normal(size=4)
        request = Request(decision_id=f"d{number}", context=context, readiness=readiness)
        assert decide(again.decider(), request) == decide(snapshot.decider(), request)
    assert decide(again.decider(), request).policy_version == "furniture@3"


@given(cut=st.floats(0, 0.999))
def test_a_truncated_file_is_refused(snapshot: Snapshot, cut: float) -> None:
    """If it were read, a half-written file would decide what shoppers see."""
    data = to_bytes(snapshot)
    with pytest.raises(SnapshotError):
        from_bytes(data[: int(cut * len(data))])


def test_a_changed_number_is_refused(snapshot: Snapshot) -> None:
    """If it were not, a damaged file would shift every decision unnoticed."""
    with np.load(io.BytesIO(to_bytes(snapshot))) as stored:
        arrays = {name: stored[name].copy() for name in stored.files}
    arrays["reward"][0, 0] += 1e-9
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    with pytest.raises(SnapshotError, match="checksum"):
        from_bytes(stream.getvalue())


def test_another_format_is_refused_by_name(snapshot: Snapshot) -> None:
    """If it were guessed at, an old service would misread a new snapshot."""
    with np.load(io.BytesIO(to_bytes(snapshot))) as stored:
        arrays = {name: stored[name].copy() for name in stored.files}
    head = json.loads(arrays["head"].tobytes()) | {"format": 99}
    arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    with pytest.raises(SnapshotError, match="another format"):
        from_bytes(stream.getvalue())


def test_a_pickle_is_never_loaded() -> None:
    """If it were, whoever writes to the bucket could run code in the service."""
    stream = io.BytesIO()
    np.savez(stream, head=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(SnapshotError):
        from_bytes(stream.getvalue())
