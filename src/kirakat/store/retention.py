"""What is deleted, and the line kept of it: shoppers, contexts, and old parts of the ledger.

The ledger's triggers let a row go only when a cut of its merchant lies after it (`ledger_cuts`,
which nothing can change or delete): whoever deletes must have written down first that they do.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, select

from kirakat.errors import StoreError
from kirakat.store.bulk import as_record, insert_all
from kirakat.store.database import Database
from kirakat.store.decision_contexts import erase_unit
from kirakat.store.tables import decisions, events
from kirakat.store.tables_learning import (
    decision_contexts,
    learned_slices,
    learned_stretches,
    ledger_cuts,
    policy_heads,
    policy_snapshots,
)

# Days of the ledger that nobody can cut: events may be a week late, decisions in tokens a month.
LEDGER_DAYS = 31
# Rows of one transaction, so that others can write in between.
_ROWS = 2_000
_DAY = timedelta(days=1)

CutKind = Literal["unit", "contexts", "ledger", "done"]


@dataclass(frozen=True, kw_only=True)
class LedgerCut:
    """A line of what was deleted."""

    cut_id: str
    merchant_id: str
    # "unit", "contexts", "ledger" (announced) or "done" (carried out).
    kind: CutKind
    before: datetime | None
    actor: str
    note: str
    at: datetime


def erase_shopper(
    connection: Connection, merchant_id: str, unit: str, *, actor: str, now: datetime
) -> int:
    """Delete all that is known of a shopper; gives how many contexts that were.

    The line that is kept does not say who it was.
    """
    count = erase_unit(connection, merchant_id, unit)
    _write_down(connection, merchant_id, "unit", None, actor, f"{count} contexts", now)
    return count


def forget_contexts(
    database: Database, merchant_id: str, *, before: datetime, actor: str, now: datetime
) -> int:
    """Delete the contexts of decisions made before a time; gives how many."""
    old = and_(decision_contexts.c.merchant_id == merchant_id, decision_contexts.c.at < before)
    count = _delete_in_parts(database, decision_contexts, decision_contexts.c.decision_id, old)
    with database.writing() as connection:
        note = f"{count} contexts"
        _write_down(connection, merchant_id, "contexts", before, actor, note, now)
    return count


def cut_ledger(
    database: Database, merchant_id: str, *, before: datetime, actor: str, now: datetime
) -> dict[str, int]:
    """Delete decisions, events and unused snapshots from before a time; gives how many of each.

    What was learned of them stays. A cut that was interrupted is finished by the next one.
    Raises `StoreError` for a time less than `LEDGER_DAYS` back.
    """
    if before > now - LEDGER_DAYS * _DAY:
        raise StoreError(f"the last {LEDGER_DAYS} days of the ledger cannot be cut", before=before)
    with database.writing() as connection:
        _write_down(connection, merchant_id, "ledger", before, actor, "", now)
    counts = {
        "events": _delete_old(database, merchant_id, events, events.c.event_id, before),
        "decisions": _delete_old(database, merchant_id, decisions, decisions.c.decision_id, before),
        "snapshots": _delete_snapshots(database, merchant_id, before),
    }
    _delete_marks(database, merchant_id, before - _DAY)
    with database.writing() as connection:
        note = ", ".join(f"{count} {name}" for name, count in counts.items())
        _write_down(connection, merchant_id, "done", before, actor, note, now)
    return counts


def list_cuts(connection: Connection, merchant_id: str) -> list[LedgerCut]:
    """What was ever deleted of a merchant, oldest first."""
    statement = (
        select(ledger_cuts)
        .where(ledger_cuts.c.merchant_id == merchant_id)
        .order_by(ledger_cuts.c.at, ledger_cuts.c.cut_id)
    )
    return [as_record(LedgerCut, row) for row in connection.execute(statement)]


def _write_down(
    connection: Connection,
    merchant_id: str,
    kind: CutKind,
    before: datetime | None,
    actor: str,
    note: str,
    now: datetime,
) -> None:
    row = {
        # Microseconds first, so that ids sort in the order of time.
        "cut_id": f"{int(now.timestamp() * 1e6):016x}{secrets.token_hex(4)}",
        "merchant_id": merchant_id, "kind": kind, "before": before, "actor": actor,
        "note": note, "at": now,
    }  # fmt: skip
    insert_all(connection, ledger_cuts, [row])


def _delete_old(
    database: Database, merchant_id: str, table: Table, key: Any, before: datetime
) -> int:
    old = and_(table.c.merchant_id == merchant_id, table.c.at < before)
    return _delete_in_parts(database, table, key, old)


def _delete_in_parts(database: Database, table: Table, key: Any, old: ColumnElement[bool]) -> int:
    def some(connection: Connection) -> int:
        found = connection.execute(select(key).where(old).order_by(key).limit(_ROWS)).scalars()
        return connection.execute(delete(table).where(key.in_(list(found)))).rowcount

    return _until_none(database, some)


def _until_none(database: Database, some: Callable[[Connection], int]) -> int:
    total = 0
    while True:
        with database.writing() as connection:
            count = some(connection)
        total += count
        if not count:
            return total


def _delete_snapshots(database: Database, merchant_id: str, before: datetime) -> int:
    """All that are old, but those that a head stands at or that are the pool's newest."""
    snapshots, heads = policy_snapshots.c, policy_heads.c
    newer = policy_snapshots.alias("newer")
    is_head = (
        select(heads.version)
        .where(
            heads.merchant_id == snapshots.merchant_id,
            heads.category == snapshots.category,
            heads.version == snapshots.version,
        )
        .exists()
    )
    is_followed = (
        select(newer.c.version)
        .where(
            newer.c.merchant_id == snapshots.merchant_id,
            newer.c.category == snapshots.category,
            newer.c.version > snapshots.version,
        )
        .exists()
    )
    statement = delete(policy_snapshots).where(
        snapshots.merchant_id == merchant_id, snapshots.created_at < before, ~is_head, is_followed
    )
    with database.writing() as connection:
        return connection.execute(statement).rowcount


def _delete_marks(database: Database, merchant_id: str, before: datetime) -> None:
    """Marks of slices whose events are gone: nobody can learn those again."""
    slices, stretches = learned_slices.c, learned_stretches.c
    with database.writing() as connection:
        connection.execute(
            delete(learned_slices).where(
                slices.merchant_id == merchant_id, slices.slice_end < before, slices.data.is_(None)
            )
        )
        connection.execute(
            delete(learned_stretches).where(
                stretches.merchant_id == merchant_id, stretches.start < before
            )
        )
