"""Arms that came after a snapshot was made: cold, with their category's or predecessor's prior."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from kirakat.bandit.arms import Arm, ArmSet
from kirakat.bandit.snapshot import Snapshot
from kirakat.bandit.sums import with_arms


def with_newcomers(snapshot: Snapshot, arms: Iterable[Arm]) -> Snapshot:
    """The snapshot with further arms at its end, by name; those that it knows stay as they are.

    Without evidence of its own an arm starts at its category's mean, or with a share of what its
    older version earned, and `Exposure.cold_cap` limits it. An arm that left needs nothing: it is
    not eligible any more.
    """
    known = set(snapshot.arms.ids)
    new = sorted((arm for arm in arms if arm.arm_id not in known), key=lambda arm: arm.arm_id)
    if not new:
        return snapshot
    order: list[int | None] = [*range(len(snapshot.arms)), *(None for _ in new)]
    inherited = [
        arm
        if arm.inherits_from
        else replace(arm, inherits_from=predecessor(arm.arm_id, snapshot.arms.ids))
        for arm in new
    ]
    return replace(
        snapshot,
        arms=ArmSet((*snapshot.arms.arms, *inherited)),
        sums=with_arms(snapshot.sums, order),
    )


def predecessor(arm_id: str, known: Collection[str]) -> str:
    """The newest older version of a prompt@version among `known`; empty when there is none."""
    prompt, separator, version = arm_id.rpartition("@")
    if not separator or not version.isdigit():
        return ""
    versions = [
        int(name.rpartition("@")[2])
        for name in known
        if name.rpartition("@")[0] == prompt and name.rpartition("@")[2].isdigit()
    ]
    older = [number for number in versions if number < int(version)]
    return f"{prompt}@{max(older)}" if older else ""
