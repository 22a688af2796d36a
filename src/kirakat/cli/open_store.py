"""Open the database and the blobs that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kirakat.errors import MissingExtraError
from kirakat.settings import load_settings

if TYPE_CHECKING:
    from kirakat.store.blobs import Blobs
    from kirakat.store.database import Database


def open_configured_database(address: str | None = None) -> Database:
    """The database at an address, or at the setting `database`.

    Raises `MissingExtraError` when the extra `serve` is not installed.
    """
    try:
        from kirakat.store.database import open_database
    except ModuleNotFoundError as error:
        raise MissingExtraError("sqlalchemy", "serve") from error
    return open_database(address or load_settings().database)


def open_upgraded_database() -> Database:
    """The configured database; a SQLite file is created, or brought up to date, on the way."""
    database = open_configured_database()
    if database.is_sqlite:
        from kirakat.store.schema import upgrade

        upgrade(database)
    return database


def open_configured_blobs() -> Blobs:
    """The blobs of the setting `blobs`."""
    from kirakat.store.blobs import open_blobs

    return open_blobs(load_settings().blobs)


def merchant_or_default(given: str | None) -> str:
    """The merchant that an option names, or the setting `merchant_id`."""
    return given or load_settings().merchant_id
