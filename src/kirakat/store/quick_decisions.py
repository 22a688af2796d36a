"""Append thousands of decisions a second: rows whose JSON was written already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from kirakat.store.bulk import in_chunks

_COLUMNS = "(decision_id, merchant_id, record, at)"
# Rows of one statement: SQLite lets other threads run only while it executes.
_ROWS = 100


class WrittenDecision(NamedTuple):
    """A decision as the table keeps it."""

    decision_id: str
    merchant_id: str
    # Its record as JSON.
    record: str
    at: datetime


def append_written_decisions(connection: Connection, rows: Sequence[WrittenDecision]) -> None:
    """Append decisions; one that is there already stays as it was.

    The same as `ledger.append_decisions`, past SQLAlchemy's work on every row.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    one = "(?, ?, ?, ?)" if is_sqlite else "(%s, %s, %s, %s)"
    moments = {row.at for row in rows}
    times = {at: _sqlite_time(at) if is_sqlite else at for at in moments}
    for part in in_chunks(rows, _ROWS):
        statement = (
            f"INSERT INTO decisions {_COLUMNS} VALUES {', '.join([one] * len(part))} "  # noqa: S608
            "ON CONFLICT DO NOTHING"
        )
        values = [value for row in part for value in (*row[:3], times[row.at])]
        connection.exec_driver_sql(statement, tuple(values))


def _sqlite_time(at: datetime) -> str:
    """As `columns.UtcDateTime` writes it."""
    return at.replace(tzinfo=None).isoformat(" ", "microseconds")
