"""Who is taken for dead, and when a worker does not judge others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kirakat.clock import FrozenClock
from kirakat.engine.port.dbos_engine import DbosEngine, open_engine
from kirakat.engine.worker.executor import Executor
from kirakat.engine.worker.keeper import Keeper
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.outage import StoreWatch
from kirakat.engine.worker.publisher import Publisher
from kirakat.engine.worker.settle import Settler
from kirakat.engine.worker.shared_clock import SharedClock
from kirakat.engine.worker.unfit import UnfitRecipes
from kirakat.store.ask import ask
from kirakat.store.blobs import open_blobs
from kirakat.store.claim_company import claim_renders
from kirakat.store.database import Database
from kirakat.store.jobs import list_renders
from tests.support.asks import NOW, enter_shop, some_ask

_OPTIONS = WorkerOptions(lease=30.0, heartbeat=5.0)


class StandingClock(SharedClock):
    """Moved by the test alone, on both databases."""

    def follow(self, connection: object) -> None:
        """Stay."""


@pytest.fixture
def engine(database: Database) -> Iterator[DbosEngine]:
    """The queue."""
    opened = open_engine(database)
    yield opened
    opened.close()


def _keeper(database: Database, engine: DbosEngine, time: FrozenClock) -> Keeper:
    clock = StandingClock(time)
    blobs = open_blobs("memory:")
    settler = Settler(
        database, blobs, engine, Publisher(database, engine, _OPTIONS, clock), _OPTIONS, clock,
        UnfitRecipes(clock), StoreWatch(database, blobs),
    )  # fmt: skip
    return Keeper(database, engine, settler, Executor(), _OPTIONS, clock, lambda: None)


def _claimed_by_another(database: Database) -> None:
    enter_shop(database)
    other = Executor()
    with database.writing() as connection:
        other.beat(connection, NOW)
        ask(connection, [some_ask(0)], "online", now=NOW)
        claim_renders(connection, tickets=["t"], executor_id=other.executor_id, now=NOW)


def _states(database: Database) -> set[str]:
    with database.reading() as connection:
        return {item.state for item in list_renders(connection)}


def test_what_a_silent_worker_holds_is_taken_after_a_lease(
    database: Database, engine: DbosEngine
) -> None:
    """If it were not, a dead machine would keep its renders for good."""
    _claimed_by_another(database)
    time = FrozenClock(NOW)
    keeper = _keeper(database, engine, time)
    for _ in range(6):
        time.advance(5)
        keeper.beat()
        keeper.reap()
        assert _states(database) == {"running"}
    time.advance(5)
    keeper.beat()
    keeper.reap()
    assert _states(database) == {"queued"}


def test_after_a_gap_of_its_own_a_worker_waits_before_it_judges(
    database: Database, engine: DbosEngine
) -> None:
    """If it did not, every outage of the database would have all work done twice."""
    _claimed_by_another(database)
    time = FrozenClock(NOW)
    keeper = _keeper(database, engine, time)
    keeper.beat()
    time.advance(3600)
    keeper.beat()
    keeper.reap()
    assert _states(database) == {"running"}
    for _ in range(6):
        time.advance(5)
        keeper.beat()
    keeper.reap()
    assert _states(database) == {"queued"}
