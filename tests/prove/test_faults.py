"""Thousands of keys, workers that die at every edge: nothing lost, nothing published twice.

`make prove` prints the tables. PROVE_KEYS sets the keys of each run (10,000).
"""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.databases import PostgresServer, database, database_url, postgresql, sqlite_template
from tests.support.asks import some_ask
from tests.support.fault_course import PHASES, Course
from tests.support.fleet import Fleet, is_alive
from tests.support.fleet_fixtures import fleet, nursery
from tests.support.service_process import Service
from tests.unit.webhooks.receiver import running_receiver

__all__ = ["database", "database_url", "fleet", "nursery", "postgresql", "sqlite_template"]

_BATCH = 16
_EDGES = ("claim", "render", "blob", "publish")


@pytest.fixture
def keys() -> int:
    """Keys of a run."""
    return int(os.environ.get("PROVE_KEYS", "10000"))


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


def test_every_fault_in_turn(fleet: Fleet, keys: int, request: pytest.FixtureRequest) -> None:
    """If a key were lost, made twice or called back twice, production could not be trusted."""
    server: PostgresServer | None = None
    if not fleet.database.is_sqlite:
        server = request.getfixturevalue("postgresql")
    with running_receiver() as receiver:
        course = Course(fleet, keys // PHASES + 1, receiver, server, limit=900)
        course.run()
    print(course.table())


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


def test_recovery_with_the_settings_as_they_come(fleet: Fleet) -> None:
    """If it took longer than a lease and a heartbeat, the documentation would promise too much."""
    fleet.ask([some_ask(number) for number in range(_BATCH)])
    options = {"lease": 30.0, "heartbeat": 5.0, "poll": 0.2, "retry": 2.0}
    dying = fleet.start(fault="claim", options=options)
    fleet.wait_for_death(dying)
    begin = time.monotonic()
    survivor = fleet.start(options=options)
    fleet.wait_until_ended(120)
    seconds = time.monotonic() - begin
    fleet.stop(survivor)
    fleet.check()
    _report(fleet, "killed, settings as they come", _BATCH, seconds_until_ready=seconds)
    assert seconds < 30.0 + 5.0 + 5.0


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
