"""A fleet on either database, as fixtures: import both names where they are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kirakat.store.database import Database
from kirakat.store.endpoints import create_endpoint
from tests.support.asks import NOW, SHOP, enter_shop
from tests.support.fleet import Fleet, Nursery


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Where workers come from."""
    pytest.importorskip("dbos")
    process = Nursery(tmp_path_factory.mktemp("nursery") / "errors.log")
    yield process
    process.close()


@pytest.fixture
def fleet(
    database: Database, database_url: str, tmp_path: Path, nursery: Nursery
) -> Iterator[Fleet]:
    """A shop with one endpoint for callbacks, and no worker yet."""
    enter_shop(database)
    with database.writing() as connection:
        create_endpoint(connection, SHOP, "https://recommender.example/hook", now=NOW)
    ships = Fleet(database=database, url=database_url, folder=tmp_path, nursery=nursery)
    yield ships
    ships.kill_all()
