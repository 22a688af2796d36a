"""Append thousands of decisions a second: rows whose JSON was written already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

_COLUMNS = "(decision_id, merchant_id, record, at)"


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
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        # Times as `columns.UtcDateTime` writes them.
        values = [(*row[:3], _sqlite_time(row.at)) for row in rows]
        statement = f"INSERT OR IGNORE INTO decisions {_COLUMNS} VALUES (?, ?, ?, ?)"  # noqa: S608
        connection.exec_driver_sql(statement, values)
        return
    statement = (
        f"INSERT INTO decisions {_COLUMNS} VALUES (%s, %s, %s, %s) "  # noqa: S608  no input
        "ON CONFLICT DO NOTHING"
    )
    connection.exec_driver_sql(statement, [tuple(row) for row in rows])


def _sqlite_time(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat(" ", "microseconds")
