"""Workers that are killed, frozen, stopped and crowded: no work is lost or published twice."""

from __future__ import annotations

import os
import signal
from functools import partial

from tests.support.asks import some_ask
from tests.support.fleet import Fleet, is_alive, titled_ask

# A batch of the fleet's workers: what may be in flight in one when it dies.
_BATCH = 16


def test_eight_producers_of_the_same_keys_cost_each_render_once(fleet: Fleet) -> None:
    """If they did not, a popular item would be generated once for every server that asks."""
    producers = [fleet.start("ask", count=100, seed=seed) for seed in range(8)]
    worker = fleet.start()
    fleet.wait_for_death(*producers)
    fleet.wait_until_ended()
    assert fleet.stop(worker) == ["clean"]
    assert fleet.states() == {"ready": 100}
    assert len(fleet.drawn()) == 100
    assert fleet.drawn_again() == 0
    fleet.check()


def test_kill_at_every_edge_loses_nothing(fleet: Fleet) -> None:
    """If it did, a crash would leave products without pictures, or publish one twice."""
    fleet.ask([some_ask(number) for number in range(150)])
    edges = ("claim", "render", "blob", "publish")
    dying = [fleet.start(fault=edge) for edge in edges]
    fleet.wait_for_death(*dying)
    survivor = fleet.start()
    fleet.wait_until_ended()
    assert fleet.stop(survivor) == ["clean"]
    assert fleet.states() == {"ready": 150}
    # In the renderer, before it and behind it, a worker holds a batch each.
    assert fleet.drawn_again() <= len(edges) * 3 * _BATCH
    fleet.check()


def test_a_frozen_worker_that_wakes_late_publishes_nothing_twice(fleet: Fleet) -> None:
    """If it did, a recommender would be called back with two pictures for one key."""
    fleet.ask([some_ask(number) for number in range(60)])
    frozen = fleet.start(seconds=1.0)
    fleet.wait(lambda: fleet.jobs()["running"] > 0)
    fleet.freeze(frozen)
    other = fleet.start()
    fleet.wait_until_ended()
    os.kill(frozen, signal.SIGCONT)
    fleet.stop(other)
    fleet.ask([some_ask(number) for number in range(60, 70)])
    fleet.wait_until_ended()
    assert fleet.stop(frozen) == ["clean"]
    assert fleet.states() == {"ready": 70}
    assert fleet.drawn_again() <= _BATCH
    fleet.check()


def test_sigterm_finishes_what_is_in_flight_and_claims_nothing_new(fleet: Fleet) -> None:
    """If it did not, every deployment would throw minutes of a GPU's work away."""
    fleet.ask([some_ask(number) for number in range(80)])
    worker = fleet.start(seconds=0.5)
    fleet.wait(lambda: fleet.states()["rendering"] > 0)
    assert fleet.stop(worker) == ["clean"]
    left = fleet.jobs()
    assert left["running"] == 0
    assert left["queued"] > 0
    second = fleet.start()
    fleet.wait_until_ended()
    fleet.stop(second)
    assert fleet.states() == {"ready": 80}
    assert fleet.drawn_again() == 0
    fleet.check()


def test_what_kills_a_worker_takes_nobody_along(fleet: Fleet) -> None:
    """If it did, one picture that crashes the driver would turn its batch into dead letters."""
    asks = [some_ask(number) for number in range(20)]
    fleet.ask([*asks, titled_ask(20, "killer")])
    worker = 0
    while {"queued", "running"} & set(fleet.jobs()):
        worker = fleet.start(options={"max_attempts": 2, "lease": 1.0})
        fleet.wait(partial(_has_ended, fleet, worker))
    fleet.stop(worker)
    assert fleet.states() == {"ready": 20, "dead": 1}
    fleet.check()


def _has_ended(fleet: Fleet, pid: int) -> bool:
    return not is_alive(pid) or not {"queued", "running"} & set(fleet.jobs())
