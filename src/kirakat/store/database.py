"""Open the database: SQLite in one file, or PostgreSQL."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from kirakat.errors import MissingExtraError, StoreError

# Milliseconds that a SQLite statement waits for another process' transaction.
_BUSY_TIMEOUT = 30_000
_READS = "kirakat_reads"
_dumps = partial(json.dumps, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Database:
    """An engine, and transactions on it.

    Whatever the database refuses inside `writing` or `reading` becomes a `StoreError` with the
    driver's exception as its cause; the transaction is then rolled back.
    """

    engine: Engine
    # SQLite has one writer. Those of a process take turns here: SQLite's own waiting is polling,
    # with pauses that are longer than most transactions.
    _turn: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a SQLite file (or memory)."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may write; SQLite takes its write lock at once (BEGIN IMMEDIATE)."""
        turn = self._turn if self.is_sqlite else nullcontext()
        with _as_store_errors(), turn, self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that only reads and never waits for writers."""
        with _as_store_errors(), self.engine.connect() as connection:
            yield connection.execution_options(**{_READS: True})

    def close(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


def open_database(url: str, *, pool_size: int = 5) -> Database:
    """A database for `sqlite:///PATH` (absolute: four slashes) or `postgresql://...`.

    Nothing is created or migrated: see `kirakat.store.schema.upgrade`. Raises `StoreError` for
    another address and `MissingExtraError` when PostgreSQL's driver is not installed.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return Database(_open_sqlite(parsed, pool_size))
    try:
        import psycopg  # noqa: F401  whether it is there
    except ModuleNotFoundError as error:
        raise MissingExtraError("psycopg", "postgres") from error
    parsed = parsed.set(drivername="postgresql+psycopg")
    return Database(
        create_engine(parsed, json_serializer=_dumps, pool_size=pool_size, pool_pre_ping=True)
    )


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(f"no database address: {url}", url=url) from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(f"the database must be sqlite or postgresql, not {parsed.drivername}")
    return parsed


def _open_sqlite(url: URL, pool_size: int) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, json_serializer=_dumps, pool_size=pool_size)
    else:
        engine = create_engine(url, json_serializer=_dumps)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:
    """Make the driver leave transactions to us, and set what SQLite keeps by connection."""
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in (
        f"busy_timeout={_BUSY_TIMEOUT}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get(_READS, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


@contextmanager
def _as_store_errors() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StoreError(f"the database refuses: {reason}") from error
