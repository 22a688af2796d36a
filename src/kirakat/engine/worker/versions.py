"""Which versions may work side by side on one database.

Within a protocol (`engine.port.tickets.PROTOCOL`) migrations only add, so that a worker of an
earlier release works on, beside newer ones, on a database that was migrated. A release that
cannot share its database so raises the protocol: its first worker registers it, and those of
earlier protocols claim nothing from then on. A worker that is newer than its database does not
start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kirakat.engine.port.dbos_engine import DbosEngine
from kirakat.engine.port.tickets import PROTOCOL
from kirakat.errors import StoreError

if TYPE_CHECKING:
    from kirakat.store.database import Database


def refuse_unfit(database: Database, engine: DbosEngine) -> None:
    """Raise `StoreError` when this release may not work on a database."""
    from kirakat.store.schema import lacks_migrations

    if lacks_migrations(database):
        raise StoreError("the database is older than this worker: kirakat db upgrade")
    if is_outdated(engine):
        raise StoreError("newer workers are at work that this one cannot join: update it")


def is_outdated(engine: DbosEngine) -> bool:
    """Whether a worker of a later protocol has ever worked on the database."""
    return engine.newest_protocol() > int(PROTOCOL)
