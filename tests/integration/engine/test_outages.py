"""Stores that fail, clocks that are wrong, and versions that differ: what workers make of it."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kirakat.engine.port.dbos_engine import open_engine
from kirakat.engine.worker.claim_batch import claim_batch
from kirakat.engine.worker.executor import Executor
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.put_back import put_back
from kirakat.store.identities import make_ask
from kirakat.store.jobs import list_attempts, list_renders
from kirakat.store.merchants import read_spend
from kirakat.store.records import Ask, RenderRecord
from kirakat.store.schema import downgrade
from tests.support.asks import NOW, SHOP, some_ask
from tests.support.fleet import Fleet, is_alive

# Bytes of the disk that is filled.
_DISK = 400_000


def test_a_blob_store_that_fails_slowly_costs_no_key(fleet: Fleet) -> None:
    """If it did, every hiccup of an object store would leave products without pictures."""
    fleet.ask([some_ask(number) for number in range(40)])
    worker = fleet.start(sick=[3, 12, 0.2])
    fleet.wait_until_ended()
    assert fleet.stop(worker) == ["clean"]
    assert fleet.states() == {"ready": 40}
    assert fleet.drawn_again() == 0
    fleet.check()


def test_a_blob_store_that_stays_away_costs_no_try(fleet: Fleet) -> None:
    """If it did, an hour's outage would bury whatever was claimed at its beginning."""
    trouble = fleet.folder / "trouble"
    trouble.write_text("error")
    fleet.ask([some_ask(0)])
    worker = fleet.start(trouble=str(trouble), options={"lease": 1.0, "max_attempts": 1})
    fleet.wait(lambda: "fails" in _first(fleet).error)
    assert (_first(fleet).state, _first(fleet).attempts) == ("queued", 0)
    trouble.unlink()
    fleet.wait_until_ended()
    assert fleet.stop(worker) == ["clean"]
    assert fleet.states() == {"ready": 1}
    with fleet.database.reading() as connection:
        (done,) = list_attempts(connection, _first(fleet).render_id)
    assert (done.number, done.outcome) == (1, "done")
    fleet.check()


def test_a_picture_that_the_store_refuses_costs_its_own_tries(fleet: Fleet) -> None:
    """If it did not, one picture that can never be stored would be drawn for ever."""
    trouble = fleet.folder / "trouble"
    trouble.write_text("picture")
    fleet.ask([some_ask(0)])
    worker = fleet.start(trouble=str(trouble), options={"lease": 0.5, "max_attempts": 2})
    fleet.wait_until_ended()
    fleet.stop(worker)
    assert fleet.states() == {"dead": 1}
    assert "fails: picture" in _first(fleet).error
    fleet.check()


def test_a_worker_that_is_newer_than_its_database_does_not_start(fleet: Fleet) -> None:
    """If it did, it would fail on every render until somebody migrates the database."""
    fleet.database.close()
    downgrade(fleet.database, to="0003")
    worker = fleet.start()
    fleet.wait(lambda: not is_alive(worker))
    assert "kirakat db upgrade" in fleet.note(worker)


def test_a_released_render_is_paid_back_on_the_day_it_was_booked(fleet: Fleet) -> None:
    """If it were not, a worker that stops at midnight would give a merchant a render too many."""
    evening, morning = NOW.replace(hour=23, minute=59), NOW + timedelta(days=1)
    fleet.ask([some_ask(0)])
    executor, engine = Executor(), open_engine(fleet.database)
    with fleet.database.writing() as connection:
        (claim,) = claim_batch(connection, ["t"], executor, now=evening)
        assert read_spend(connection, SHOP, day=evening.date()) == 1
        put_back(
            connection, engine, claim.render, error="", outcome="released",
            options=WorkerOptions(), now=morning,
        )  # fmt: skip
    engine.close()
    with fleet.database.reading() as connection:
        spent = [read_spend(connection, SHOP, day=at.date()) for at in (evening, morning)]
    assert spent == [0, 0]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own; skips where none may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(folder)]
    if mount is None or subprocess.run([mount, *options], check=False).returncode:
        pytest.skip("only root can mount a disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_waited_for(fleet: Fleet, disk: Path) -> None:
    """If it were not, a disk that fills up by night would leave truncated pictures."""
    (fleet.folder / "blobs").symlink_to(disk)
    filler = disk / "filler"
    filler.write_bytes(bytes(_DISK - 40_000))
    fleet.ask([some_ask(number) for number in range(40)])
    worker = fleet.start(options={"lease": 20.0})
    fleet.wait(lambda: fleet.states()["ready"] > 0)
    time.sleep(0.5)
    assert fleet.states()["ready"] < 40
    filler.unlink()
    fleet.wait_until_ended()
    assert fleet.stop(worker) == ["clean"]
    assert fleet.states() == {"ready": 40}
    assert fleet.drawn_again() == 0
    fleet.check()
    assert all(item.stat().st_size == 64 for item in disk.rglob("*") if item.is_file())


def test_clocks_that_differ_cost_no_render(fleet: Fleet) -> None:
    """If they did, one machine with a wrong clock would take the work of all others.

    PostgreSQL's time is everybody's; SQLite serves one machine, whose clock may be set.
    """
    skew = 0.4 if fleet.database.is_sqlite else 3600.0
    fleet.ask([some_ask(number) for number in range(60)])
    workers = [fleet.start(skew=-skew, seconds=0.1), fleet.start(skew=skew, seconds=0.1)]
    fleet.wait_until_ended()
    assert fleet.stop(*workers) == ["clean", "clean"]
    assert fleet.states() == {"ready": 60}
    assert fleet.drawn_again() == 0
    fleet.check()


def test_a_recipe_of_another_version_waits_for_a_worker_that_knows_it(fleet: Fleet) -> None:
    """If it did not, a deployment in two steps would turn a catalogue into dead letters."""
    fleet.ask([some_ask(number) for number in range(20)])
    newer = [_newer(some_ask(number)) for number in range(100, 120)]
    fleet.ask(newer, "online")
    old = fleet.start()
    fleet.wait(lambda: fleet.states()["ready"] == 20)
    fleet.wait(lambda: fleet.jobs() == {"done": 20, "queued": 20})
    with fleet.database.reading() as connection:
        waiting = list_renders(connection, states=("queued",))
    assert "test@2 is not known here" in {item.error for item in waiting}
    assert {item.attempts for item in waiting} == {0}
    new = fleet.start(recipe_version=2)
    fleet.wait_until_ended()
    assert fleet.stop(old, new) == ["clean", "clean"]
    assert fleet.states() == {"ready": 40}
    assert fleet.drawn_again() == 0
    fleet.check()


def _newer(ask: Ask) -> Ask:
    return make_ask(
        offer=ask.offer, image_id=ask.image_id, prompt=ask.prompt, placement=ask.placement,
        treatment=ask.treatment, recipe=replace(ask.recipe, version=2), bucket=ask.bucket,
    )  # fmt: skip


def _first(fleet: Fleet) -> RenderRecord:
    with fleet.database.reading() as connection:
        return list_renders(connection)[0]
