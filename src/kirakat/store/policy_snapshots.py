"""Policy snapshots as learners publish them, and which one the services decide by.

A snapshot is never changed. What services follow is the pool's head, which is moved by
compare-and-set: by whoever publishes, and by people who roll back. A head that a person has
pinned stays where it is: new snapshots are kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from kirakat.errors import ConflictError, NotFoundError
from kirakat.store.bulk import as_record, insert_missing
from kirakat.store.tables_learning import policy_heads, policy_snapshots


@dataclass(frozen=True, kw_only=True)
class SnapshotRow:
    """A published snapshot, without its bytes."""

    merchant_id: str
    category: str
    version: int
    # Event time up to which reward windows had closed.
    as_of: datetime
    created_at: datetime
    actor: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Head:
    """Which snapshot a pool's services decide by."""

    merchant_id: str
    category: str
    version: int
    # Raised with every move.
    epoch: int
    # Held by a person: new snapshots do not move it.
    pinned: bool
    changed_at: datetime
    actor: str
    note: str


def next_version(connection: Connection, merchant_id: str, category: str) -> int:
    """The version that the pool's next snapshot has, from 1."""
    newest = select(func.max(policy_snapshots.c.version)).where(
        *_pool(policy_snapshots.c, merchant_id, category)
    )
    return int(connection.execute(newest).scalar() or 0) + 1


def publish_snapshot(
    connection: Connection,
    merchant_id: str,
    category: str,
    data: bytes,
    as_of: datetime,
    actor: str,
    note: str,
    now: datetime,
    *,
    version: int | None = None,
) -> int:
    """Append a snapshot and have the head follow, unless it is pinned; gives its version.

    `version` is the one that the bytes carry, from `next_version`. Raises `ConflictError` when
    another learner has published it meanwhile, or a snapshot that is further along (`as_of`).
    """
    newest = _newest(connection, merchant_id, category)
    wanted = version if version is not None else (newest.version if newest else 0) + 1
    if newest and (newest.version >= wanted or newest.as_of > as_of):
        raise ConflictError(
            f"snapshot {newest.version} of {category!r}, as of {newest.as_of}, is there already",
            version=newest.version,
        )
    row = {
        "merchant_id": merchant_id, "category": category, "version": wanted, "data": data,
        "as_of": as_of, "created_at": now, "actor": actor, "note": note,
    }  # fmt: skip
    if not insert_missing(connection, policy_snapshots, [row], policy_snapshots.c.version):
        raise ConflictError(f"snapshot {wanted} of {category!r} is there already", version=wanted)
    _follow(connection, merchant_id, category, wanted, actor, now)
    return wanted


def heads(connection: Connection) -> dict[tuple[str, str], int]:
    """The version that services decide by, for every merchant and category."""
    columns = policy_heads.c
    rows = connection.execute(select(columns.merchant_id, columns.category, columns.version))
    return {(row.merchant_id, row.category): row.version for row in rows}


def list_heads(connection: Connection, merchant_id: str | None = None) -> list[Head]:
    """Heads with who moved them last, of one merchant or all."""
    statement = select(policy_heads).order_by(policy_heads.c.merchant_id, policy_heads.c.category)
    if merchant_id is not None:
        statement = statement.where(policy_heads.c.merchant_id == merchant_id)
    return [as_record(Head, row) for row in connection.execute(statement)]


def read_snapshot(connection: Connection, merchant_id: str, category: str, version: int) -> bytes:
    """The bytes of one snapshot; raises `NotFoundError`."""
    statement = select(policy_snapshots.c.data).where(
        *_pool(policy_snapshots.c, merchant_id, category), policy_snapshots.c.version == version
    )
    data: bytes | None = connection.execute(statement).scalar()
    if data is None:
        raise NotFoundError(f"no snapshot {version} of {category!r}", version=version)
    return bytes(data)


def list_snapshots(
    connection: Connection, merchant_id: str, category: str, *, limit: int = 100
) -> list[SnapshotRow]:
    """Snapshots of a pool, the newest first."""
    names = [policy_snapshots.c[name] for name in SnapshotRow.__dataclass_fields__]
    statement = (
        select(*names)
        .where(*_pool(policy_snapshots.c, merchant_id, category))
        .order_by(policy_snapshots.c.version.desc())
        .limit(limit)
    )
    return [as_record(SnapshotRow, row) for row in connection.execute(statement)]


def set_head(
    connection: Connection,
    merchant_id: str,
    category: str,
    *,
    version: int,
    expected: int,
    actor: str,
    now: datetime,
    note: str = "",
    pinned: bool = False,
) -> None:
    """Move a head that still is at `expected`; raises `ConflictError` when it is not.

    `pinned` keeps it there until somebody moves it unpinned. Raises `NotFoundError` for a
    version that was never published.
    """
    there = select(policy_snapshots.c.version).where(
        *_pool(policy_snapshots.c, merchant_id, category), policy_snapshots.c.version == version
    )
    if connection.execute(there).first() is None:
        raise NotFoundError(f"no snapshot {version} of {category!r}", version=version)
    values = {"version": version, "actor": actor, "note": note, "pinned": pinned, "now": now}
    if not _move(connection, merchant_id, category, expected, values):
        raise ConflictError(f"the head of {category!r} is not at {expected} any more")


def _newest(connection: Connection, merchant_id: str, category: str) -> SnapshotRow | None:
    return next(iter(list_snapshots(connection, merchant_id, category, limit=1)), None)


def _follow(
    connection: Connection, merchant_id: str, category: str, version: int, actor: str, now: datetime
) -> None:
    """Move the head to a new snapshot; an older head moves too, a pinned one does not."""
    first = {
        "merchant_id": merchant_id, "category": category, "version": version, "epoch": 1,
        "changed_at": now, "actor": actor,
    }  # fmt: skip
    if insert_missing(connection, policy_heads, [first], policy_heads.c.version):
        return
    connection.execute(
        update(policy_heads)
        .where(
            *_pool(policy_heads.c, merchant_id, category),
            policy_heads.c.version < version,
            ~policy_heads.c.pinned,
        )
        .values(
            version=version, epoch=policy_heads.c.epoch + 1, changed_at=now, actor=actor, note=""
        )
    )


def _move(
    connection: Connection,
    merchant_id: str,
    category: str,
    expected: int,
    values: Mapping[str, Any],
) -> bool:
    statement = (
        update(policy_heads)
        .where(*_pool(policy_heads.c, merchant_id, category), policy_heads.c.version == expected)
        .values(
            version=values["version"], epoch=policy_heads.c.epoch + 1, changed_at=values["now"],
            actor=values["actor"], note=values["note"], pinned=values["pinned"],
        )
    )  # fmt: skip
    return connection.execute(statement).rowcount == 1


def _pool(columns: Any, merchant_id: str, category: str) -> tuple[Any, Any]:
    return columns.merchant_id == merchant_id, columns.category == category
