"""Policy snapshots: what a learner publishes and a service decides by.

One `.npz` file of float64 arrays, and the rest as JSON inside it; never pickle. A checksum over
all of it comes first: a snapshot that does not match is refused, never repaired.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from kirakat.bandit.arms import Arm, ArmSet
from kirakat.bandit.decide import Decider, Rule
from kirakat.bandit.errors import BanditError, SnapshotError
from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.specification import PolicySpecification, plain_of, specification_from
from kirakat.bandit.sums import LinearSums
from kirakat.hashing import digest, sha256_array

FORMAT = 1
# What numpy, zipfile and zlib raise for bytes that are no such file, or not any more.
_UNREADABLE = (
    OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
_ARRAYS = ("counts", "clicks", "outer", "reward")


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A policy at one moment: evidence and everything that turns it into decisions."""

    merchant_id: str
    # The pool's category.
    category: str
    # Rises with every snapshot of the pool; rolling back publishes an old one anew.
    version: int
    # Event time in seconds since 1970 up to which reward windows had closed.
    as_of: float
    feature_version: str
    arms: ArmSet
    specification: PolicySpecification
    exposure: Exposure
    rule: Rule
    uniform_share: float
    sums: LinearSums
    # p-value of the learner's latest check that two halves of the uniform bucket earn alike.
    aa_p_value: float = 1.0

    def decider(self) -> Decider:
        """What `decide` needs: the model is solved here, once a snapshot."""
        return Decider(
            arms=self.arms,
            posterior=self.specification.fit(self.sums, self.arms),
            policy=self.specification.build(),
            exposure=self.exposure,
            rule=self.rule,
            uniform_share=self.uniform_share,
            policy_version=f"{self.category}@{self.version}",
            feature_version=self.feature_version,
        )


def to_bytes(snapshot: Snapshot) -> bytes:
    """The snapshot as one file."""
    head = _head(snapshot)
    arrays = {name: getattr(snapshot.sums, name) for name in _ARRAYS}
    text = json.dumps({**head, "checksum": _checksum(head, arrays)}, sort_keys=True)
    stream = io.BytesIO()
    np.savez_compressed(stream, head=np.frombuffer(text.encode(), np.uint8), **arrays)
    return stream.getvalue()


def from_bytes(data: bytes) -> Snapshot:
    """Read a snapshot. Raises `SnapshotError` saying what is wrong with a broken one."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            head = json.loads(stored["head"].tobytes())
            arrays = {name: stored[name] for name in _ARRAYS}
    except _UNREADABLE as error:
        raise SnapshotError(f"the snapshot cannot be read: {error}") from error
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise SnapshotError("the snapshot is of another format", expected=FORMAT)
    told = head.pop("checksum", "")
    if told != _checksum(head, arrays):
        raise SnapshotError("the snapshot's checksum does not match its contents", checksum=told)
    _check_arrays(head, arrays)
    return _snapshot(head, arrays)


def _head(snapshot: Snapshot) -> dict[str, Any]:
    simple = ("merchant_id", "category", "version", "as_of", "feature_version", "rule")
    return {
        "format": FORMAT,
        **{name: getattr(snapshot, name) for name in simple},
        "uniform_share": snapshot.uniform_share,
        "aa_p_value": snapshot.aa_p_value,
        "epoch": snapshot.sums.epoch,
        "arms": [asdict(arm) for arm in snapshot.arms.arms],
        "specification": plain_of(snapshot.specification),
        "exposure": asdict(snapshot.exposure),
    }


def _checksum(head: dict[str, Any], arrays: dict[str, Any]) -> str:
    text = json.dumps(head, sort_keys=True)
    return digest(text, *(sha256_array(arrays[name]) for name in _ARRAYS))


def _check_arrays(head: dict[str, Any], arrays: dict[str, Any]) -> None:
    arms = len(head["arms"])
    width = arrays["reward"].shape[-1]
    shapes = ((arms,), (arms,), (arms, width, width), (arms, width))
    for name, shape in zip(_ARRAYS, shapes, strict=True):
        array = arrays[name]
        if array.dtype != np.float64 or array.shape != shape or not np.isfinite(array).all():
            raise SnapshotError(f"{name} is no finite float64 array of shape {shape}", name=name)


def _snapshot(head: dict[str, Any], arrays: dict[str, Any]) -> Snapshot:
    try:
        arms = tuple(Arm(**{**row, "tags": tuple(row["tags"])}) for row in head.pop("arms"))
        specification = specification_from(head.pop("specification"))
        exposure = Exposure(**head.pop("exposure"))
        sums = LinearSums(epoch=head.pop("epoch"), **arrays)
        named = {field.name: head[field.name] for field in fields(Snapshot) if field.name in head}
        return Snapshot(
            arms=ArmSet(arms), specification=specification, exposure=exposure, sums=sums, **named
        )
    except (KeyError, TypeError, BanditError) as error:
        raise SnapshotError(f"the snapshot does not describe a policy: {error}") from error
