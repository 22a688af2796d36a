"""Workers in processes of their own, so that tests can kill, freeze and wake them.

`fault` names where the process kills itself: "claim" (its first render was claimed, nothing
drawn), "render" (drawn), "blob" (stored), "publish" (published), "call" (a callback is about to
be sent), "called" (sent, not noted), each at the `at`-th time. Producers die at "accept" (asked,
not committed) or "commit" (committed).
"""

from __future__ import annotations

import faulthandler
import itertools
import json
import os
import random
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dbos  # noqa: F401  imported before the fork
import ssrfguard.httpx  # noqa: F401  the same

from kirakat.clock import SystemClock
from kirakat.engine.port import dbos_engine
from kirakat.engine.port.dbos_engine import open_engine
from kirakat.engine.port.request import request
from kirakat.engine.port.tickets import PROTOCOL
from kirakat.engine.worker import dbos_runtime, send_callbacks, versions
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.renderer import Claim, Outcome
from kirakat.engine.worker.send_callbacks import CallbackSender
from kirakat.engine.worker.webhooks.deliver import DeliveryLimits
from kirakat.engine.worker.worker import Worker
from kirakat.errors import StoreError
from kirakat.store import schema  # noqa: F401  imported before the fork
from kirakat.store.blobs import Blobs, open_blobs
from kirakat.store.database import Database, open_database
from tests.support.asks import some_ask
from tests.support.pixelless import (
    FaultyBlobs,
    PixellessRenderer,
    SickBlobs,
    TroubledBlobs,
)

QUICK = WorkerOptions(
    batch_size=16, batch_wait=0.02, poll=0.05, heartbeat=0.3, lease=4.0, retry=0.2, drain=10.0
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
    if "trouble" in order:
        return TroubledBlobs(blobs, Path(order["trouble"]))
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


def _sender(order: dict[str, Any], database: Database) -> CallbackSender | None:
    """One that may call this machine, and waits for nobody."""
    if "callbacks" not in order:
        return None
    if order.get("fault") in ("call", "called"):
        _die_calling(order.get("at", 1), before=order["fault"] == "call")
    limits = DeliveryLimits(allow_private_addresses=True, timeout=0.3, deadline=0.5)
    return CallbackSender(database, _image_url, limits=limits, poll=0.1)


def _image_url(_merchant: str, sha256: str, image_format: str) -> str:
    return f"https://images.example/i/{sha256}.{image_format}"


def _die_calling(at: int, *, before: bool) -> None:
    """Kill the process before or after its n-th message is sent."""
    place = vars(send_callbacks)
    deliver, count = place["deliver"], itertools.count(1)

    def dying(*arguments: Any, **options: Any) -> Any:
        now = next(count) == at
        if now and before:
            kill_self()
        result = deliver(*arguments, **options)
        if now:
            kill_self()
        return result

    place["deliver"] = dying


def _speak(protocol: str) -> None:
    """Be of a release with another protocol."""
    for module in (dbos_engine, dbos_runtime, versions):
        vars(module)["PROTOCOL"] = protocol


def work(order: dict[str, Any]) -> None:
    """Be a worker until told to stop (SIGTERM)."""
    _speak(order.get("protocol", PROTOCOL))
    database = open_database(order["database"], pool_size=20)
    if order.get("fault") == "publish":
        _die_after_publishing(database, order.get("at", 1))
    options = replace(QUICK, **order.get("options", {}))
    worker = Worker(
        database, _blobs(order), _renderer(order), options,
        callbacks=_sender(order, database), clock=SkewedClock(order.get("skew", 0.0)),
    )  # fmt: skip
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    try:
        worker.start()
    except StoreError as error:
        Path(order["log"] + f".{os.getpid()}").write_text(f"refused: {error}")
        return
    worker.wait(until=lambda: bool(stopping))
    clean = worker.stop()
    Path(order["log"] + f".{os.getpid()}").write_text("clean" if clean else "not clean")


def ask_at_once(order: dict[str, Any]) -> None:
    """Be a producer: ask for the keys of `count` offers, in an order of its own."""
    database = open_database(order["database"])
    engine = open_engine(database)
    clock = SkewedClock(order.get("skew", 0.0))
    first, at = order.get("first", 0), order.get("at", 3)
    asks = [some_ask(first + number) for number in range(order["count"])]
    random.Random(order.get("seed", 0)).shuffle(asks)  # noqa: S311  no secret
    for turn, start in enumerate(range(0, len(asks), 7), start=1):
        fault = order.get("fault") if turn == at else None
        with database.writing() as connection:
            request(engine, connection, asks[start : start + 7], "online", now=clock.now())
            if fault == "accept":
                kill_self()
        if fault == "commit":
            kill_self()
    Path(order["log"] + f".{os.getpid()}").write_text("clean")


_ROLES = {"work": work, "ask": ask_at_once}


def _role(name: str) -> Callable[[dict[str, Any]], None]:
    """What a process is for; the service is imported when it is first wanted."""
    if name != "serve":
        return _ROLES[name]
    from tests.support.service_role import serve

    return serve


def main() -> None:
    """Fork a process for every order that is read, and tell its id.

    Everything is imported once, so a process starts in a moment; no thread runs before the fork.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        role = _role(order["role"])
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            faulthandler.register(signal.SIGUSR1, all_threads=True)
            role(order)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
