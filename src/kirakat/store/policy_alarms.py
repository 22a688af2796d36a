"""Alarms of policies: what guardrails found, since when, and whether it still holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from kirakat.store.bulk import as_record, upsert_into
from kirakat.store.tables_learning import policy_alarms


@dataclass(frozen=True, kw_only=True)
class PolicyAlarm:
    """Something for a person to look at."""

    merchant_id: str
    category: str
    # "too_fast", "too_slow", "retire" (a proposal), "stale" or "aa".
    kind: str
    # Empty for alarms of the whole pool.
    arm_id: str
    reason: str
    # The snapshot that was judged last.
    version: int
    since: datetime
    seen_at: datetime
    # None while it holds.
    cleared_at: datetime | None


def record_alarms(
    connection: Connection,
    merchant_id: str,
    category: str,
    found: Mapping[tuple[str, str], str],
    *,
    version: int,
    now: datetime,
) -> None:
    """Keep what was found of a pool, by kind and arm; alarms that were not found are cleared."""
    columns = policy_alarms.c
    of_pool = (columns.merchant_id == merchant_id, columns.category == category)
    held = {
        (row.kind, row.arm_id)
        for row in connection.execute(
            select(columns.kind, columns.arm_id).where(*of_pool, columns.cleared_at.is_(None))
        )
    }
    for kind, arm_id in sorted(held - found.keys()):
        connection.execute(
            update(policy_alarms)
            .where(*of_pool, columns.kind == kind, columns.arm_id == arm_id)
            .values(cleared_at=now)
        )
    for (kind, arm_id), reason in sorted(found.items()):
        key = {"merchant_id": merchant_id, "category": category, "kind": kind, "arm_id": arm_id}
        seen = {"reason": reason, "version": version, "seen_at": now, "cleared_at": None}
        changes = seen if (kind, arm_id) in held else {**seen, "since": now}
        statement = upsert_into(connection, policy_alarms).values(**key, **seen, since=now)
        connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changes))


def list_alarms(
    connection: Connection, merchant_id: str, *, with_cleared: bool = False
) -> list[PolicyAlarm]:
    """A merchant's alarms by pool, those that hold or all that ever did."""
    statement = select(policy_alarms).where(policy_alarms.c.merchant_id == merchant_id)
    if not with_cleared:
        statement = statement.where(policy_alarms.c.cleared_at.is_(None))
    statement = statement.order_by(
        policy_alarms.c.category, policy_alarms.c.kind, policy_alarms.c.arm_id
    )
    return [as_record(PolicyAlarm, row) for row in connection.execute(statement)]
