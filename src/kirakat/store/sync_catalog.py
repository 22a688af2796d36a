"""Bring a catalogue up to a feed of any size, in short transactions and shown all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from sqlalchemy import Connection

from kirakat.clock import Clock
from kirakat.errors import ConflictError
from kirakat.store.catalog_upload import CatalogUpload, clear_upload, dead_uploads, in_batches
from kirakat.store.database import Database
from kirakat.store.records import OfferChanges
from kirakat.types import Offer

# Tries while others publish the same catalogue.
_TRIES = 3


def sync_catalog(
    database: Database,
    merchant_id: str,
    catalog: str,
    read: Callable[[], Iterable[Offer]],
    *,
    clock: Clock,
    complete: bool = True,
    source_url: str = "",
    etag: str = "",
) -> OfferChanges:
    """The same as `sync_offers`, while other writers get their turn.

    `read` begins the feed anew: it is read again when another upload of the catalogue was
    published meanwhile; after three of those it raises `ConflictError`. Whatever else is raised
    has changed nothing that is shown. The merchant must exist.
    """
    _clear_dead(database, merchant_id, clock)
    for tries_left in reversed(range(_TRIES)):
        with database.reading() as connection:
            upload = CatalogUpload.begin(connection, merchant_id, catalog)
        try:
            _stage(database, upload, read(), clock)
            with database.writing() as connection:
                return upload.publish(
                    connection, complete=complete, source_url=source_url, etag=etag,
                    now=clock.now(),
                )  # fmt: skip
        except ConflictError:
            if not tries_left:
                raise
        finally:
            if upload.has_staged:
                _clear(database, upload.clear)
    raise AssertionError("a try returns or raises")


def _stage(database: Database, upload: CatalogUpload, feed: Iterable[Offer], clock: Clock) -> None:
    for batch in in_batches(feed):
        with database.reading() as connection:
            wanted = upload.sift(connection, batch)
        if wanted:
            with database.writing() as connection:
                upload.stage(connection, wanted, now=clock.now())


def _clear_dead(database: Database, merchant_id: str, clock: Clock) -> None:
    with database.reading() as connection:
        dead = dead_uploads(connection, merchant_id, now=clock.now())
    for staging in dead:
        _clear(database, partial(clear_upload, merchant_id=merchant_id, staging=staging))


def _clear(database: Database, clear: Callable[[Connection], int]) -> None:
    """Remove rows in short transactions until none is left."""
    is_more = True
    while is_more:
        with database.writing() as connection:
            is_more = clear(connection) > 0
