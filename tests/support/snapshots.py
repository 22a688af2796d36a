"""Policy snapshots for tests: a pool in which one arm is the best by far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from kirakat.bandit.arms import Arm, ArmSet
from kirakat.bandit.configuration import load_policies
from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.snapshot import Snapshot, to_bytes
from kirakat.bandit.specification import PolicySpecification
from kirakat.bandit.sums import Batch, sums_of
from kirakat.store.database import Database
from kirakat.store.policy_snapshots import publish_snapshot

SHOWN_EACH = 20_000


def snapshot_of(
    category: str, arms: Sequence[str], best: str, *, as_of: datetime | None = None, aa: float = 1.0
) -> Snapshot:
    """`best` is clicked at 20 %, every other arm at 2 %, whoever looks."""
    schema = load_policies().for_category(category).schema
    contexts = np.zeros((SHOWN_EACH * len(arms), schema.width))
    contexts[:, 0] = 1.0
    index = np.repeat(np.arange(len(arms)), SHOWN_EACH)
    rates = np.array([0.2 if arm == best else 0.02 for arm in arms])
    rewards = (np.random.default_rng(5).random(len(index)) < rates[index]).astype(np.float64)
    return Snapshot(
        merchant_id="shop", category=category, version=1,
        as_of=(as_of or datetime.now(UTC)).timestamp(), feature_version=schema.label,
        arms=ArmSet(tuple(Arm(arm_id=arm) for arm in arms)), specification=PolicySpecification(),
        exposure=Exposure(), rule="ready", uniform_share=0.0,
        sums=sums_of(Batch(contexts=contexts, arms=index, rewards=rewards), len(arms)),
        aa_p_value=aa,
    )  # fmt: skip


def publish(database: Database, snapshot: Snapshot, data: bytes | None = None) -> int:
    """Publish a snapshot, or other bytes in its place; gives the version."""
    now = datetime.now(UTC)
    with database.writing() as connection:
        return publish_snapshot(
            connection, snapshot.merchant_id, snapshot.category,
            to_bytes(snapshot) if data is None else data, now, "test", "", now,
        )  # fmt: skip
