"""Find, and remove, blobs that no row refers to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, select

from kirakat.store.blobs import BlobInfo, Blobs
from kirakat.store.database import Database
from kirakat.store.tables import creatives, source_images
from kirakat.store.tables_errands import errands
from kirakat.store.tables_review import edited_mattes, evidence
from kirakat.store.tables_scenes import own_scenes

_BATCH = 1_000
# Columns whose blobs are stored before the row: where one is missing, something was lost.
STORED = tuple(
    table.c.sha256 for table in (creatives, edited_mattes, evidence, errands, own_scenes)
)
# A photo's bytes are stored only where a page asked for them.
_REFERRING = (*STORED, source_images.c.sha256)


def unreferenced_blobs(
    database: Database, blobs: Blobs, *, older_than: datetime
) -> Iterator[BlobInfo]:
    """Blobs stored before `older_than` to which no row refers.

    A worker stores a blob before the row that refers to it, so `older_than` must be longer ago
    than any render takes, retries included: a day is safe.
    """
    old = (blob for blob in blobs.list() if blob.stored_at < older_than)
    while batch := list(islice(old, _BATCH)):
        with database.reading() as connection:
            referred = referenced_hashes(connection, [blob.sha256 for blob in batch])
        yield from (blob for blob in batch if blob.sha256 not in referred)


def collect_blobs(database: Database, blobs: Blobs, *, older_than: datetime) -> Iterator[BlobInfo]:
    """Remove what `unreferenced_blobs` finds, looking once more before each; gives those."""
    for blob in unreferenced_blobs(database, blobs, older_than=older_than):
        with database.reading() as connection:
            if referenced_hashes(connection, [blob.sha256]):
                continue
        blobs.delete(blob.sha256)
        yield blob


def referenced_hashes(connection: Connection, hashes: Sequence[str]) -> set[str]:
    """Those of the hashes to which a row refers."""
    found: set[str] = set()
    for column in _REFERRING:
        found |= set(connection.execute(select(column).where(column.in_(hashes))).scalars())
    return found
