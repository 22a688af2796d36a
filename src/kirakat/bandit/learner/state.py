"""The state of a pool: the merge of all its slices, however they were cut up or compacted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from kirakat.bandit.learner.evidence import (
    Evidence,
    empty,
    fold_before,
    from_bytes,
    merge_all,
    to_bytes,
)
from kirakat.errors import ConflictError
from kirakat.store.database import Database
from kirakat.store.learned_slices import LearnedSlice, compact_slices, live_slices

# Rows with sums above which a pool is compacted, and the newest of them that stay as they are.
_MOST, _KEPT = 32, 8
# Epochs after which evidence is kept at one weight: a changed forgetting acts from there on.
_EPOCHS_APART = 30


def read_evidence(
    connection: Connection, merchant_id: str, category: str, feature_version: str
) -> Evidence:
    """Everything that was learned of a pool under one version of its features."""
    total = empty()
    for row in live_slices(connection, merchant_id, category, feature_version):
        total = merge_all([total, _evidence(row)])
    return total


def compact(
    database: Database,
    merchant_id: str,
    category: str,
    feature_version: str,
    *,
    forgetting: float,
    learner: str,
    now: datetime,
) -> int:
    """Merge a pool's older slices into one row; gives how many went into it.

    Nothing happens when there are few, or when another learner was quicker.
    """
    with database.reading() as connection:
        rows = list(live_slices(connection, merchant_id, category, feature_version))
    if len(rows) <= _MOST:
        return 0
    parts = rows[:-_KEPT]
    merged = _merged(parts, forgetting, learner, now)
    try:
        with database.writing() as connection:
            compact_slices(connection, parts, merged)
    except ConflictError:
        return 0
    return len(parts)


def _merged(
    parts: list[LearnedSlice], forgetting: float, learner: str, now: datetime
) -> LearnedSlice:
    total = empty()
    for part in parts:
        total = merge_all([total, _evidence(part)])
    if total.epochs:
        total = fold_before(total, total.epochs[-1] - _EPOCHS_APART, forgetting)
    first = parts[0]
    return LearnedSlice(
        merchant_id=first.merchant_id,
        category=first.category,
        feature_version=first.feature_version,
        slice_start=first.slice_start,
        level=1 + max(part.level for part in parts),
        slice_end=max(part.slice_end for part in parts),
        learner=learner,
        arms=total.arms,
        data=to_bytes(total),
        counts={"slices": len(parts)},
        learned_at=now,
    )


def _evidence(row: LearnedSlice) -> Evidence:
    return from_bytes(row.arms, row.data or b"")
