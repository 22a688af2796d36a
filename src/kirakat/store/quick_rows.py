"""Insert thousands of rows a second, past SQLAlchemy's work on every value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from kirakat.store.bulk import in_chunks

# Rows of one statement: SQLite lets other threads run only while it executes.
_ROWS = 100


def insert_quickly(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    returning: str = "",
) -> list[Any]:
    """Insert rows of texts and times; one whose key is there already is left out.

    JSON comes as text. Gives the column `returning` of the rows that were new, if named.
    Rows must come in a fixed order (by primary key), so that two writers never wait for each
    other crosswise.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    one = f"({', '.join(['?' if is_sqlite else '%s'] * len(columns))})"
    end = f" RETURNING {returning}" if returning else ""
    new: list[Any] = []
    for part in in_chunks(rows, _ROWS):
        statement = (
            f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608  names of the code
            f"VALUES {', '.join([one] * len(part))} ON CONFLICT DO NOTHING{end}"
        )
        values = [_bound(value, is_sqlite=is_sqlite) for row in part for value in row]
        result = connection.exec_driver_sql(statement, tuple(values))
        if returning:
            new += result.scalars()
    return new


def _bound(value: Any, *, is_sqlite: bool) -> Any:
    if is_sqlite and isinstance(value, datetime):
        # As `columns.UtcDateTime` writes it.
        return value.replace(tzinfo=None).isoformat(" ", "microseconds")
    return value
