"""Migrations, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from kirakat.store.ask import ask
from kirakat.store.creatives import get_creative
from kirakat.store.database import Database
from kirakat.store.endpoints import create_endpoint
from kirakat.store.ledger import append_decisions
from kirakat.store.ledger_records import DecisionRecord
from kirakat.store.schema import check, downgrade, upgrade
from kirakat.store.tables import decisions
from tests.support.asks import NOW, SHOP, claim, enter_shop, some_ask


def _fill(database: Database) -> str:
    enter_shop(database)
    with database.writing() as connection:
        create_endpoint(connection, SHOP, "https://r.example", now=NOW)
        key = ask(connection, [some_ask()], "online", now=NOW)[0].key
        decision = DecisionRecord(decision_id="d", merchant_id=SHOP, record={}, at=NOW)
        append_decisions(connection, [decision])
    claim(database)
    return key


def test_the_migrations_build_the_tables_that_the_code_expects(database: Database) -> None:
    """If they did not, a fresh installation would fail at its first request."""
    assert check(database) == ()


def test_running_them_again_changes_nothing(database: Database) -> None:
    """If it did, every restart would risk the data."""
    key = _fill(database)
    upgrade(database)
    with database.reading() as connection:
        assert get_creative(connection, SHOP, key).state == "rendering"


def test_back_and_forward_keeps_the_tables_that_stay(database: Database) -> None:
    """If it did not, an operator who steps back a version would lose creatives."""
    key = _fill(database)
    downgrade(database, to="0002")
    assert "kirakat db upgrade" in check(database)[0]
    upgrade(database)
    assert check(database) == ()
    with database.reading() as connection:
        assert get_creative(connection, SHOP, key).state == "rendering"
        assert connection.execute(select(func.count()).select_from(decisions)).scalar() == 0


@pytest.mark.parametrize("to", ["0001", "base"])
def test_a_filled_database_goes_all_the_way_back(database: Database, to: str) -> None:
    """If it did not, a migration that cannot be undone would be found in production."""
    _fill(database)
    downgrade(database, to=to)
    upgrade(database)
    assert check(database) == ()


def test_a_database_of_a_newer_kirakat_is_told_as_such(database: Database) -> None:
    """If it were not, an operator would run an upgrade that cannot help."""
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE kirakat_version SET version_num = '9999'")
    assert "newer Kirakat" in check(database)[0]


def test_a_missing_index_is_reported(database: Database) -> None:
    """If it were not, a slow database would have no explanation."""
    with database.writing() as connection:
        connection.exec_driver_sql("DROP INDEX ix_creatives_sha256")
    assert any("ix_creatives_sha256" in problem for problem in check(database))


def test_other_tables_do_not_matter(database: Database) -> None:
    """If they did, the queue's own tables would be reported as damage."""
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE somebody_elses (id INTEGER)")
    assert check(database) == ()
