"""The service is killed, and its database with it: what was promised is kept."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tests.databases import PostgresServer
from tests.support.fleet import Fleet, is_alive
from tests.support.installation import eventually
from tests.support.service_process import Service


@pytest.fixture
def service(fleet: Fleet) -> Iterator[Service]:
    """A service that is not running yet."""
    made = Service(fleet)
    yield made
    made.http.close()


def test_what_was_accepted_outlives_kill_9(fleet: Fleet, service: Service) -> None:
    """If it did not, a 202 would be worth nothing."""
    pid = service.start()
    service.put_feed()
    keys = [service.generate(number) for number in range(20)]
    os.kill(pid, signal.SIGKILL)
    worker = fleet.start()
    fleet.wait_until_ended()
    fleet.stop(worker)
    service.start()
    for key in keys:
        operation = service.http.get(f"/v1/operations/{key}").json()
        assert (operation["done"], operation["metadata"]["state"]) == (True, "ready")
    fleet.check()


def test_what_was_only_buffered_is_asked_again(fleet: Fleet, service: Service) -> None:
    """If it were not, a crash of the service would hide products from then on."""
    fault = "accept" if fleet.database.is_sqlite else "flush"
    pid = service.start(fault=fault)
    service.put_feed()
    first = service.resolve(*range(20))
    fleet.wait_for_death(pid)
    assert sum(fleet.states().values()) == (20 if fault == "flush" else 0)
    service.start()
    again = service.resolve(*range(20))
    assert [item["key"] for item in again] == [item["key"] for item in first]
    assert {item["status"] for item in again} == {"pending"}
    fleet.wait(lambda: sum(fleet.states().values()) == 20)
    worker = fleet.start()
    fleet.wait_until_ended()
    fleet.stop(worker)
    assert fleet.states() == {"ready": 20}
    assert fleet.drawn_again() == 0
    eventually(lambda: {item["status"] for item in service.resolve(*range(20))} == {"ready"})
    fleet.check()


def test_a_database_that_dies_under_the_service(
    fleet: Fleet, service: Service, request: pytest.FixtureRequest
) -> None:
    """If pages broke or promises were lost, every restart of PostgreSQL would be an outage."""
    if fleet.database.is_sqlite:
        pytest.skip("SQLite has no server")
    server: PostgresServer = request.getfixturevalue("postgresql")
    pid = service.start()
    service.put_feed()
    keys = [service.generate(number) for number in range(10)]
    worker = fleet.start(seconds=0.2, options={"batch_size": 2})
    fleet.wait(lambda: fleet.states()["ready"] > 0)
    service.resolve(*range(20))
    server.restart()
    fleet.database.close()
    # Never an error, whatever is going on behind it.
    shown = [item["image_url"] for item in service.resolve(*range(10, 20))]
    assert shown == [f"https://shop.example/{number}.jpg" for number in range(10, 20)]
    eventually(lambda: {item["status"] for item in service.resolve(*range(40))} == {"ready"})
    assert is_alive(pid)
    assert fleet.stop(worker) == ["clean"]
    states = [service.http.get(f"/v1/creatives/{key}").json()["state"] for key in keys]
    assert states == ["ready"] * 10
    fleet.check()
