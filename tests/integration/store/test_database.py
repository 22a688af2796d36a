"""Opening databases, and what both do alike."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from kirakat.errors import StoreError
from kirakat.store.database import Database, open_database
from kirakat.store.merchants import put_merchant
from kirakat.store.tables import merchants
from tests.databases import PostgresServer
from tests.support.asks import NOW


def test_sqlite_is_set_up_for_many_processes(tmp_path: Path) -> None:
    """If it were not, a server and a worker would lock each other out."""
    database = open_database(f"sqlite:///{tmp_path / 'new' / 'kirakat.db'}")
    with database.reading() as connection:
        answers = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    database.close()
    assert answers == ["wal", 1, 1, 30_000]


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    """If they did, requests would stand still while a catalogue is enqueued."""
    with database.writing() as writer:
        put_merchant(writer, "new", now=NOW)
        with database.reading() as reader:
            assert reader.execute(merchants.select()).all() == []


def test_a_restarted_server_is_used_again(postgresql: PostgresServer) -> None:
    """If it were not, every restart of PostgreSQL would need a restart of the service."""
    url = postgresql.create()
    database = open_database(url)
    with database.writing() as connection:
        put_merchant(connection, "kept", now=NOW)
    postgresql.restart()
    with database.reading() as connection:
        assert [row.merchant_id for row in connection.execute(merchants.select())] == ["kept"]
    database.close()
    postgresql.drop(url)


def test_a_refusal_is_a_store_error(database: Database) -> None:
    """If it were not, callers would have to know the driver's exceptions."""
    with pytest.raises(StoreError, match="refuses"), database.reading() as connection:
        connection.exec_driver_sql("SELECT * FROM nowhere")


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    """If it left something, a row could exist without its history."""
    row = {"merchant_id": "m", "created_at": NOW}
    with pytest.raises(StoreError), database.writing() as connection:
        connection.execute(merchants.insert(), [row, row])
    with database.reading() as connection:
        assert connection.execute(merchants.select()).all() == []


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    """If it were not, a server in another zone would expire keys at the wrong hour."""
    naive = datetime(2026, 1, 1)
    with pytest.raises(StoreError), database.writing() as connection:
        put_merchant(connection, "m", now=naive)


@pytest.mark.parametrize("url", ["mysql://x/y", "kirakat.db", ""])
def test_another_address_is_a_store_error(url: str) -> None:
    """If it were not, a typo would end in a traceback."""
    with pytest.raises(StoreError):
        open_database(url)


def test_a_server_out_of_reach_is_a_store_error() -> None:
    """If it were not, the service could not fall back to the original."""
    database = open_database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreError), database.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.close()
