"""Copy a SQLite database while it is in use, and bring a copy back.

A backup is a folder with `kirakat.db` and `blobs.jsonl`, one line for each blob that a row of
the copy refers to. Blobs are never changed, so copying their folder or bucket with any tool,
after the backup, completes it. PostgreSQL has its own tool: pg_dump.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, select, union

from kirakat.errors import StoreError
from kirakat.store.blobs import Blobs
from kirakat.store.collect_blobs import STORED
from kirakat.store.database import Database, open_database

_DATABASE, _MANIFEST = "kirakat.db", "blobs.jsonl"
_PG_DUMP = "a PostgreSQL database is backed up with pg_dump and restored with pg_restore"


def back_up(database: Database, folder: Path) -> int:
    """Write a backup into a folder, which is created; gives how many blobs it refers to.

    Writers go on meanwhile; the copy is one consistent moment. Raises `StoreError` when the
    folder holds a backup already, or for PostgreSQL.
    """
    source = _file_of(database)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / _DATABASE
    if target.exists():
        raise StoreError(f"{folder} holds a backup already", folder=folder)
    partial = folder / f"{_DATABASE}.partial"
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(partial)) as copy:
        live.backup(copy)
    hashes = _hashes_in(partial)
    lines = "".join(json.dumps({"sha256": sha256}) + "\n" for sha256 in hashes)
    (folder / _MANIFEST).write_text(lines, encoding="utf-8")
    partial.rename(target)
    return len(hashes)


def restore(folder: Path, database: Database, blobs: Blobs) -> tuple[str, ...]:
    """Put a backup where `database` lies; gives the hashes of blobs that are not in `blobs`.

    Nothing may use the database meanwhile. Raises `StoreError` when there is a database
    already, when the folder holds no backup, or for PostgreSQL.
    """
    target = _file_of(database)
    source = folder / _DATABASE
    if not source.is_file():
        raise StoreError(f"{folder} holds no backup", folder=folder)
    if target.exists() and target.stat().st_size:
        raise StoreError(f"{target} exists; move it away first", path=target)
    shutil.copyfile(source, target)
    return tuple(sha256 for sha256 in _manifest(folder) if not blobs.exists(sha256))


def _file_of(database: Database) -> Path:
    if not database.is_sqlite:
        raise StoreError(_PG_DUMP)
    name = database.engine.url.database
    if not name or name == ":memory:":
        raise StoreError("a database in memory cannot be backed up")
    return Path(name)


def _hashes_in(path: Path) -> list[str]:
    copy = open_database(f"sqlite:///{path.absolute()}")
    with copy.reading() as connection:
        hashes = _referenced(connection)
    copy.close()
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return hashes


def _referenced(connection: Connection) -> list[str]:
    """The hashes of blobs that must be there, sorted."""
    found = union(*(select(column).where(column.is_not(None), column != "") for column in STORED))
    return sorted(connection.execute(found).scalars())


def _manifest(folder: Path) -> Iterator[str]:
    for line in (folder / _MANIFEST).read_text(encoding="utf-8").splitlines():
        yield str(json.loads(line)["sha256"])
