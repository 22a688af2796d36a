"""Workers in processes of their own, so that tests can kill, freeze and wake them.

`fault` names where the process kills itself: "claim" (its first render was claimed, nothing
drawn), "render" (drawn), "blob" (stored), "publish" (published), each at the `at`-th time. In a
service: "accept" (buffered keys are about to be written) and "flush" (they are written).
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dbos  # noqa: F401  imported before the fork
import uvicorn

from kirakat.clock import SystemClock
from kirakat.engine.port.dbos_engine import open_engine
from kirakat.engine.port.request import request
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.renderer import Claim, Outcome
from kirakat.engine.worker.worker import Worker
from kirakat.service.app import make_app
from kirakat.service.parts import assemble
from kirakat.settings import Settings
from kirakat.store.blobs import Blobs, open_blobs
from kirakat.store.database import Database, open_database
from tests.integration.service.case import generation
from tests.support.asks import some_ask
from tests.support.pixelless import FaultyBlobs, PixellessRenderer, SickBlobs

QUICK = WorkerOptions(
    batch_size=16, batch_wait=0.02, poll=0.05, heartbeat=0.3, lease=2.0, retry=0.2, drain=10.0
)


def kill_self() -> None:
    """Die at once, as by kill -9."""
    os.kill(os.getpid(), signal.SIGKILL)


class DyingRenderer(PixellessRenderer):
    """Kills its process before or after drawing the n-th batch."""

    at: int = 0
    before: bool = False

    def render(self, claims: Sequence[Claim]) -> list[Outcome]:
        """One outcome for each claim, or the end."""
        now = len(self.batches) + 1 == self.at
        if now and self.before:
            kill_self()
        outcomes = super().render(claims)
        if now:
            kill_self()
        return outcomes


def _renderer(order: dict[str, Any]) -> PixellessRenderer:
    renderer = DyingRenderer(
        log=Path(order["log"]),
        seconds=order.get("seconds", 0.0),
        recipe_version=order.get("recipe_version", 1),
    )
    if order.get("fault") in ("claim", "render"):
        renderer.at = order.get("at", 1)
        renderer.before = order["fault"] == "claim"
    return renderer


def _blobs(order: dict[str, Any]) -> Blobs:
    blobs = open_blobs(order["blobs"])
    if order.get("fault") == "blob":
        return FaultyBlobs(blobs, at=order.get("at", 1), before=False, act=kill_self)
    if "sick" in order:
        first, last, seconds = order["sick"]
        return SickBlobs(blobs, first=first, last=last, seconds=seconds)
    return blobs


class SkewedClock(SystemClock):
    """The clock of a machine that is set wrong."""

    def __init__(self, seconds: float) -> None:
        self._skew = timedelta(seconds=seconds)

    def now(self) -> datetime:
        """The wrong time."""
        return super().now() + self._skew


def _die_after_publishing(database: Database, at: int) -> None:
    """Kill the process once `at` transactions that published something are committed."""
    from sqlalchemy import event

    count = 0

    def published(*arguments: Any) -> None:
        nonlocal count
        connection, _, statement = arguments[:3]
        if statement.startswith("UPDATE creatives SET") and "sha256=" in statement:
            connection.info["published"] = True

    def committed(connection: Any) -> None:
        nonlocal count
        count += bool(connection.info.pop("published", False))
        if count >= at:
            # The event comes just before the commit.
            connection.connection.dbapi_connection.commit()
            kill_self()

    event.listen(database.engine, "after_cursor_execute", published)
    event.listen(database.engine, "commit", committed)


def work(order: dict[str, Any]) -> None:
    """Be a worker until told to stop (SIGTERM)."""
    database = open_database(order["database"], pool_size=20)
    if order.get("fault") == "publish":
        _die_after_publishing(database, order.get("at", 1))
    options = replace(QUICK, **order.get("options", {}))
    clock = SkewedClock(order.get("skew", 0.0))
    worker = Worker(database, _blobs(order), _renderer(order), options, clock=clock)
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    worker.start()
    worker.wait(until=lambda: bool(stopping))
    clean = worker.stop()
    Path(order["log"] + f".{os.getpid()}").write_text("clean" if clean else "not clean")


def ask_at_once(order: dict[str, Any]) -> None:
    """Be a producer: ask for the keys of `count` offers, in an order of its own."""
    database = open_database(order["database"])
    engine = open_engine(database)
    asks = [some_ask(number) for number in range(order["count"])]
    random.Random(order["seed"]).shuffle(asks)  # noqa: S311  no secret
    for start in range(0, len(asks), 7):
        with database.writing() as connection:
            request(engine, connection, asks[start : start + 7], "online", now=SystemClock().now())
    Path(order["log"] + f".{os.getpid()}").write_text("clean")


def serve(order: dict[str, Any]) -> None:
    """Be a service at `port`, with an offer `mug-<n>` for each number."""
    database = open_database(order["database"])
    parts = assemble(
        Settings(resolve_timeout=1.0),
        database=database,
        blobs=open_blobs(order["blobs"]),
        engine=open_engine(database),
        generation=generation(),
    )
    if "fault" in order:
        _die_around_flush(parts.flusher, parts.demand, after=order["fault"] == "flush")
    # uvicorn handles signals in the main thread, which this is.
    uvicorn.run(make_app(parts), port=order["port"], log_level="critical")


def _die_around_flush(flusher: Any, demand: Any, *, after: bool) -> None:
    flush = flusher.flush

    def dying() -> None:
        if not len(demand):
            return
        if after:
            flush()
        kill_self()

    flusher.flush = dying


_ROLES = {"work": work, "ask": ask_at_once, "serve": serve}


def main() -> None:
    """Fork a process for every order that is read, and tell its id.

    Everything is imported once, so a process starts in a moment; no thread runs before the fork.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            faulthandler.register(signal.SIGUSR1, all_threads=True)
            _ROLES[order["role"]](order)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
