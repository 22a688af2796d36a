"""What is down is never an error of `resolve`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from kirakat.errors import StoreError
from kirakat.store.blobs import Blobs, open_blobs
from kirakat.store.database import Database
from tests.integration.service.case import Case, eventually, open_case


class BreakableDatabase(Database):
    """A database that can be taken away."""

    is_down = False
    seconds = 0.0

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """Read, if it is there."""
        self._check()
        with super().reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """Write, if it is there."""
        self._check()
        with super().writing() as connection:
            yield connection

    def _check(self) -> None:
        time.sleep(self.seconds)
        if self.is_down:
            raise StoreError("gone") from OperationalError("", None, Exception("gone"))

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)


class BreakableBlobs(Blobs):
    """Blobs that can be taken away."""

    is_down = False

    def exists(self, sha256: str) -> bool:
        """As always, or an outage."""
        if self.is_down:
            raise StoreError("the blob store fails")
        return super().exists(sha256)


@pytest.fixture
def broken(database: Database) -> Iterator[tuple[Case, BreakableDatabase, BreakableBlobs]]:
    """A running service whose database and blobs can be taken away."""
    breakable = BreakableDatabase(database.engine)
    blobs = BreakableBlobs(open_blobs("memory:")._store)
    case = open_case(breakable, blobs=blobs)
    with case.client:
        case.put_feed()
        yield case, breakable, blobs
        breakable.is_down, breakable.seconds = False, 0.0


Broken = tuple[Case, BreakableDatabase, BreakableBlobs]


def test_without_the_database_what_is_known_is_still_served(broken: Broken) -> None:
    """Otherwise every page breaks while the database restarts."""
    case, database, _ = broken
    case.resolve("mug-0", treatment="positioned")
    case.make_ready()
    assert case.resolve("mug-0", treatment="positioned")[0]["status"] == "ready"
    database.is_down = True
    eventually(lambda: not case.parts.health.is_up("database"))
    known, unknown = case.resolve("mug-0", "mug-1", treatment="positioned")
    assert (known["status"], known["logged"]) == ("ready", False)
    assert (unknown["status"], unknown["reason"]) == ("unavailable", "the database is down")


def test_without_the_database_a_known_offer_shows_its_original(broken: Broken) -> None:
    """Otherwise the page has a hole where the product was."""
    case, database, _ = broken
    case.resolve("mug-0", treatment="positioned")
    case.flush()
    case.parts.creatives.clear()
    database.is_down = True
    (answer,) = case.resolve("mug-0", treatment="positioned")
    assert answer["image_url"] == "https://shop.example/0.jpg"
    assert (answer["status"], answer["logged"]) == ("unavailable", False)
    assert answer["reason"] == "the database is down"


def test_it_goes_on_by_itself_when_the_database_is_back(broken: Broken) -> None:
    """Otherwise somebody has to restart the service at night."""
    case, database, _ = broken
    database.is_down = True
    case.resolve("mug-0")
    eventually(lambda: not case.parts.health.is_up("database"))
    database.is_down = False
    eventually(lambda: case.resolve("mug-0")[0]["status"] == "pending")
    eventually(lambda: len(case.engine.jobs) == 1)


def test_a_slow_database_does_not_slow_the_answer(database: Database) -> None:
    """Otherwise a recommender waits, and its page with it."""
    breakable = BreakableDatabase(database.engine)
    case = open_case(breakable, resolve_timeout=0.05)
    case.put_feed()
    case.resolve("mug-0")
    breakable.seconds = 1.0
    case.parts.creatives.clear()
    (answer,) = case.resolve("mug-0")
    case.parts.close()
    assert answer["reason"] == "the database is slow"
    assert answer["image_url"] == "https://shop.example/0.jpg"


def test_without_blobs_originals_are_served(broken: Broken) -> None:
    """Otherwise pages show addresses that answer with an error."""
    case, _, blobs = broken
    case.resolve("mug-0", treatment="positioned")
    case.make_ready()
    blobs.is_down = True
    eventually(lambda: not case.parts.health.is_up("blobs"))
    (answer,) = case.resolve("mug-0", treatment="positioned")
    assert answer["image_url"] == "https://shop.example/0.jpg"
    assert answer["logged"] is False


def test_without_the_engine_nothing_is_lost(broken: Broken) -> None:
    """Otherwise what was asked for during an outage is never made."""
    case, _, _ = broken
    case.engine.is_down = True
    assert case.resolve("mug-0")[0]["image_url"] == "https://shop.example/0.jpg"
    eventually(lambda: not case.parts.health.is_up("queue"))
    case.engine.is_down = False
    eventually(lambda: len(case.engine.jobs) == 1)


def test_a_strangers_key_learns_nothing_while_the_database_is_down(broken: Broken) -> None:
    """Otherwise an outage opens the door, or turns pages into errors."""
    case, database, _ = broken
    database.is_down = True
    token = f"kk_{'0' * 16}_{'0' * 64}"
    (answer,) = case.resolve("mug-0", token=token)
    assert (answer["status"], answer["image_url"]) == ("unavailable", None)
    assert case.ask("GET", "/v1/manifest", token=token).status_code == 503


def test_liveness_and_readiness(broken: Broken) -> None:
    """Otherwise an orchestrator restarts what works, or sends traffic too early."""
    case, database, _ = broken
    assert case.client.get("/livez").text == "ok"
    database.is_down = True
    eventually(lambda: not case.parts.health.is_up("database"))
    answer = case.client.get("/readyz")
    assert (answer.status_code, answer.json()["down"]) == (200, {"database": "down"})
