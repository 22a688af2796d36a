"""What was learned, by slices of time: inserted once, merged by whoever reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, select, tuple_, update

from kirakat.errors import ConflictError
from kirakat.store.bulk import as_record, insert_all, insert_missing
from kirakat.store.tables_learning import learned_slices, learned_stretches


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A stretch of time that a learner went through, for all pools with one reward window."""

    merchant_id: str
    # What opens the window and its seconds, such as "impressions:1800".
    reward_window: str
    start: datetime
    learner: str
    # What became of decisions and events: {"learned": n, "late": n, ...}.
    counts: Mapping[str, int]
    learned_at: datetime


@dataclass(frozen=True, kw_only=True)
class LearnedSlice:
    """Sums of one pool over a stretch, or of many after compaction."""

    merchant_id: str
    category: str
    feature_version: str
    slice_start: datetime
    # 0 as learned, more after compaction.
    level: int
    slice_end: datetime
    learner: str
    # In the order of the arrays in `data`.
    arms: Sequence[str]
    # None: they are in a row of a higher level.
    data: bytes | None
    counts: Mapping[str, Any]
    learned_at: datetime


def insert_stretch(
    connection: Connection, stretch: Stretch, slices: Sequence[LearnedSlice]
) -> bool:
    """Enter what was learned; false, with nothing entered, when somebody has done so before.

    A pool's slice that is there already (from a pass with another reward window) stays.
    """
    row = asdict(stretch)
    if not insert_missing(connection, learned_stretches, [row], learned_stretches.c.start):
        return False
    rows = sorted(
        (asdict(item) for item in slices),
        key=lambda item: (item["category"], item["feature_version"]),
    )
    insert_missing(connection, learned_slices, rows, learned_slices.c.slice_start)
    return True


def learned_starts(connection: Connection, merchant_id: str, reward_window: str) -> set[datetime]:
    """Where the stretches begin that were learned."""
    columns = learned_stretches.c
    statement = select(columns.start).where(
        columns.merchant_id == merchant_id, columns.reward_window == reward_window
    )
    return set(connection.execute(statement).scalars())


def slice_length(connection: Connection) -> timedelta | None:
    """How long the slices are into which time was cut; None before the first."""
    columns = learned_slices.c
    row = connection.execute(
        select(columns.slice_start, columns.slice_end).where(columns.level == 0).limit(1)
    ).first()
    return row.slice_end - row.slice_start if row else None


def list_stretches(
    connection: Connection, merchant_id: str, *, since: datetime | None = None
) -> list[Stretch]:
    """Stretches of a merchant by their start."""
    statement = select(learned_stretches).where(learned_stretches.c.merchant_id == merchant_id)
    if since is not None:
        statement = statement.where(learned_stretches.c.start >= since)
    found = connection.execute(statement.order_by(learned_stretches.c.start))
    return [as_record(Stretch, row) for row in found]


def learned_pools(connection: Connection, merchant_id: str) -> list[tuple[str, str]]:
    """Category and feature version of everything that was learned."""
    columns = learned_slices.c
    statement = (
        select(columns.category, columns.feature_version)
        .where(columns.merchant_id == merchant_id, columns.data.is_not(None))
        .distinct()
        .order_by(columns.category, columns.feature_version)
    )
    return [(category, version) for category, version in connection.execute(statement)]


def live_slices(
    connection: Connection, merchant_id: str, category: str, feature_version: str
) -> Iterator[LearnedSlice]:
    """The rows whose merge is the pool's state, each decision in one of them; by their start."""
    columns = learned_slices.c
    statement = (
        select(learned_slices)
        .where(
            columns.merchant_id == merchant_id,
            columns.category == category,
            columns.feature_version == feature_version,
            columns.data.is_not(None),
        )
        .order_by(columns.slice_start, columns.level)
    )
    # One statement, so that a compaction is seen whole or not at all.
    for row in connection.execute(statement):
        yield as_record(LearnedSlice, row)


def slice_counts(
    connection: Connection, merchant_id: str, category: str, *, since: datetime
) -> list[Mapping[str, Any]]:
    """What was counted in each slice as it was learned, from `since` on."""
    columns = learned_slices.c
    statement = select(columns.counts).where(
        columns.merchant_id == merchant_id,
        columns.category == category,
        columns.level == 0,
        columns.slice_start >= since,
    )
    return list(connection.execute(statement).scalars())


def compact_slices(
    connection: Connection, parts: Sequence[LearnedSlice], merged: LearnedSlice
) -> None:
    """Put one row in place of several, in the caller's transaction.

    Rows of level 0 stay, without their sums, as the mark that they were learned. Raises
    `ConflictError` when somebody else has compacted one of them: nothing is counted twice.
    """
    columns = learned_slices.c
    pool = and_(
        columns.merchant_id == merged.merchant_id,
        columns.category == merged.category,
        columns.feature_version == merged.feature_version,
        columns.data.is_not(None),
    )
    emptied = connection.execute(
        update(learned_slices).where(pool, _named(parts, is_low=True)).values(data=None)
    ).rowcount
    removed = connection.execute(
        delete(learned_slices).where(pool, _named(parts, is_low=False))
    ).rowcount
    if emptied + removed != len(parts):
        raise ConflictError(f"slices of {merged.category!r} were compacted meanwhile")
    insert_all(connection, learned_slices, [asdict(merged)])


def _named(parts: Sequence[LearnedSlice], *, is_low: bool) -> Any:
    columns = learned_slices.c
    keys = [(item.slice_start, item.level) for item in parts if (item.level == 0) is is_low]
    if not keys:
        return columns.level < 0
    return tuple_(columns.slice_start, columns.level).in_(keys)
