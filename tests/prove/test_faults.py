"""Thousands of keys, workers that die at every edge: nothing lost, nothing published twice.

`make prove` prints one table. PROVE_KEYS sets the keys of each run (2,000).
"""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.databases import PostgresServer, database, database_url, postgresql, sqlite_template
from tests.support.asks import some_ask
from tests.support.fleet import Fleet, is_alive
from tests.support.fleet_fixtures import fleet, nursery
from tests.support.service_process import Service

__all__ = ["database", "database_url", "fleet", "nursery", "postgresql", "sqlite_template"]

_BATCH = 16
_EDGES = ("claim", "render", "blob", "publish")


@pytest.fixture
def keys() -> int:
    """Keys of a run."""
    return int(os.environ.get("PROVE_KEYS", "2000"))


def _report(fleet: Fleet, what: str, keys: int, **figures: float) -> None:
    name = fleet.database.engine.dialect.name
    facts = ", ".join(f"{key.replace('_', ' ')} {value:.1f}" for key, value in figures.items())
    print(f"{what} | {name} | {keys} keys | drawn again {fleet.drawn_again()} | {facts}")


def test_undisturbed(fleet: Fleet, keys: int) -> None:
    """The speed that faults are compared with."""
    fleet.ask([some_ask(number) for number in range(keys)])
    begin = time.monotonic()
    workers = [fleet.start(), fleet.start()]
    fleet.wait_until_ended(900)
    seconds = time.monotonic() - begin
    fleet.stop(*workers)
    assert fleet.states() == {"ready": keys}
    assert fleet.drawn_again() == 0
    fleet.check()
    _report(fleet, "undisturbed", keys, keys_a_second=keys / seconds)


def test_killed_at_every_edge_again_and_again(fleet: Fleet, keys: int) -> None:
    """If a key were lost at one of a hundred kills, a big catalogue would never be whole."""
    fleet.ask([some_ask(number) for number in range(keys)])
    begin = time.monotonic()
    survivor = fleet.start(seconds=0.05)
    kills = 0
    while "queued" in fleet.jobs():
        dying = [fleet.start(fault=edge, at=2) for edge in _EDGES]
        time.sleep(4.0)
        for pid in dying:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        kills += len(dying)
        assert time.monotonic() - begin < 1800
    fleet.wait_until_ended(120)
    seconds = time.monotonic() - begin
    fleet.stop(survivor)
    assert fleet.states() == {"ready": keys}
    # A worker holds at most a batch in the renderer and what is not yet published.
    assert fleet.drawn_again() <= kills * 3 * _BATCH
    fleet.check()
    _report(fleet, f"{kills} kills", keys, keys_a_second=keys / seconds)


def test_a_database_that_is_killed_and_comes_back(
    fleet: Fleet, keys: int, request: pytest.FixtureRequest
) -> None:
    """If a worker did not outlast it, every restart of PostgreSQL would need hands."""
    if fleet.database.is_sqlite:
        pytest.skip("SQLite has no server")
    server: PostgresServer = request.getfixturevalue("postgresql")
    keys = min(keys, 500)
    fleet.ask([some_ask(number) for number in range(keys)])
    worker = fleet.start(seconds=0.05)
    fleet.wait(lambda: fleet.states()["ready"] > 0)
    server.restart()
    fleet.database.close()
    begin = time.monotonic()
    fleet.wait_until_ended(300)
    seconds = time.monotonic() - begin
    assert fleet.stop(worker) == ["clean"]
    assert fleet.states() == {"ready": keys}
    fleet.check()
    _report(fleet, "PostgreSQL killed and started", keys, seconds_until_done=seconds)


def test_recovery_takes_a_lease_and_a_beat(fleet: Fleet) -> None:
    """If it took longer, an hour's work would hang on one dead machine."""
    fleet.ask([some_ask(number) for number in range(_BATCH)])
    dying = fleet.start(fault="claim")
    fleet.wait_for_death(dying)
    begin = time.monotonic()
    survivor = fleet.start()
    fleet.wait_until_ended()
    seconds = time.monotonic() - begin
    fleet.stop(survivor)
    fleet.check()
    _report(fleet, "killed while it held a batch", _BATCH, seconds_until_ready=seconds)


def test_a_blob_store_that_comes_and_goes(fleet: Fleet, keys: int) -> None:
    """If its outages cost keys, a night's catalogue would have holes in the morning."""
    fleet.ask([some_ask(number) for number in range(keys)])
    begin = time.monotonic()
    workers = [fleet.start(sick=[first, first + 25, 0.02]) for first in (20, 50)]
    fleet.wait_until_ended(900)
    seconds = time.monotonic() - begin
    fleet.stop(*workers)
    assert fleet.states() == {"ready": keys}
    fleet.check()
    _report(fleet, "blob store away twice", keys, keys_a_second=keys / seconds)


def test_a_service_that_is_killed_again_and_again(fleet: Fleet, keys: int) -> None:
    """If it forgot one of a thousand promises, operations would be waited for in vain."""
    keys = min(keys, 1000)
    service = Service(fleet)
    pid = service.start()
    service.put_feed(keys)
    worker = fleet.start()
    kills = 0
    promised = []
    for number in range(keys):
        promised.append(service.generate(number))
        if number % max(1, keys // 10) == 5:
            service.resolve(*range(number, min(number + 50, keys)))
            os.kill(pid, signal.SIGKILL)
            fleet.wait_for_death(pid)
            kills += 1
            pid = service.start()
    fleet.wait_until_ended(900)
    fleet.stop(worker)
    states = {service.http.get(f"/v1/creatives/{key}").json()["state"] for key in promised}
    assert states == {"ready"}
    assert is_alive(pid)
    fleet.check()
    service.http.close()
    _report(fleet, f"service killed {kills} times", keys, promises_kept=len(promised))
