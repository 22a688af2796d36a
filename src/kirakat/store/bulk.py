"""Statements over many rows that both databases understand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Row, Table
from sqlalchemy.dialects import postgresql, sqlite

Item = TypeVar("Item")
Record = TypeVar("Record")
# A row of whatever columns.
AnyRow = Row[*tuple[Any, ...]]

# Values in one IN list; SQLite takes 32,766 parameters a statement, PostgreSQL 65,535.
_CHUNK = 8_000


def in_chunks(items: Sequence[Item], size: int = _CHUNK) -> Iterator[Sequence[Item]]:
    """The items in slices that fit one statement; nothing for no items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def upsert_into(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT with `on_conflict_do_update` and `on_conflict_do_nothing`."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def insert_missing(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    returned: Column[Any],
) -> set[Any]:
    """Insert the rows that are not there yet; gives the `returned` column of those inserted.

    Rows must come in a fixed order (by primary key), so that two writers never wait for each
    other crosswise.
    """
    if not rows:
        return set()
    statement = upsert_into(connection, table).on_conflict_do_nothing().returning(returned)
    return set(connection.execute(statement, list(rows)).scalars())


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows in batches of one statement each; nothing for no rows."""
    if rows:
        connection.execute(table.insert(), list(rows))


def as_record(kind: type[Record], row: AnyRow, **parsed: Any) -> Record:
    """The row as a record, field by field; `parsed` replaces columns of the same name."""
    values = row._mapping
    names = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: parsed[name] if name in parsed else values[name] for name in names})
