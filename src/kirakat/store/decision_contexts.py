"""What is personal of decisions: written beside them, read to learn, deleted on demand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select

from kirakat.store.bulk import AnyRow, in_chunks
from kirakat.store.quick_rows import insert_quickly
from kirakat.store.tables_learning import decision_contexts

_COLUMNS = ("decision_id", "merchant_id", "unit", "features", "context", "at")


class WrittenContext(NamedTuple):
    """A decision's context as the table keeps it."""

    decision_id: str
    merchant_id: str
    # The shopper's pseudonym; empty: none was given.
    unit: str
    # JSON [[index, value], ...] of the encoded vector without zeros; empty: nothing to learn from.
    features: str
    # JSON of `bandit.features.encode.storable`.
    context: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ContextRecord:
    """A decision's context, read."""

    decision_id: str
    unit: str
    # Index and value of every column that is not 0; None: nothing to learn from.
    features: tuple[tuple[int, float], ...] | None
    context: dict[str, Any]
    at: datetime


def append_written_contexts(connection: Connection, rows: Sequence[WrittenContext]) -> None:
    """Append contexts; one that is there already stays as it was."""
    insert_quickly(connection, "decision_contexts", _COLUMNS, rows)


def read_contexts(
    connection: Connection, merchant_id: str, decision_ids: Sequence[str]
) -> dict[str, ContextRecord]:
    """The contexts of decisions by id; those that were erased are missing."""
    found: dict[str, ContextRecord] = {}
    for part in in_chunks(decision_ids):
        statement = select(decision_contexts).where(
            decision_contexts.c.decision_id.in_(part),
            decision_contexts.c.merchant_id == merchant_id,
        )
        for row in connection.execute(statement):
            found[row.decision_id] = _record(row)
    return found


def erase_unit(connection: Connection, merchant_id: str, unit: str) -> int:
    """Delete every context of one shopper; gives how many there were."""
    if not unit:
        return 0
    statement = delete(decision_contexts).where(
        decision_contexts.c.merchant_id == merchant_id, decision_contexts.c.unit == unit
    )
    return connection.execute(statement).rowcount


def _record(row: AnyRow) -> ContextRecord:
    return ContextRecord(
        decision_id=row.decision_id,
        unit=row.unit,
        features=(
            tuple((int(index), float(value)) for index, value in json.loads(row.features))
            if row.features
            else None
        ),
        context=json.loads(row.context) if row.context else {},
        at=row.at,
    )
