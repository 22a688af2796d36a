"""A worker in a process of its own, so that tests can kill, freeze and wake it.

    python -m tests.support.worker_process '{"database": ..., "blobs": ..., "log": ...}'

`fault` names where the process kills itself: "claim" (its first render was claimed, nothing
drawn), "render" (drawn), "blob" (stored), "publish" (published), each at the `at`-th time.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.renderer import Claim, Outcome
from kirakat.engine.worker.worker import Worker
from kirakat.store.blobs import Blobs, open_blobs
from kirakat.store.database import Database, open_database
from tests.support.pixelless import FaultyBlobs, PixellessRenderer

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
    renderer = DyingRenderer(log=Path(order["log"]), seconds=order.get("seconds", 0.0))
    if order.get("fault") in ("claim", "render"):
        renderer.at = order.get("at", 1)
        renderer.before = order["fault"] == "claim"
    return renderer


def _blobs(order: dict[str, Any]) -> Blobs:
    blobs = open_blobs(order["blobs"])
    if order.get("fault") == "blob":
        return FaultyBlobs(blobs, at=order.get("at", 1), before=False, act=kill_self)
    return blobs


def _die_after_publishing(database: Database, at: int) -> None:
    """Kill the process once `at` transactions that published something are committed."""
    from sqlalchemy import event

    count = 0

    def published(*arguments: Any) -> None:
        nonlocal count
        connection, _, statement = arguments[:3]
        if statement.startswith("UPDATE creatives SET") and "sha256" in statement:
            connection.info["published"] = True

    def committed(connection: Any) -> None:
        nonlocal count
        count += bool(connection.info.pop("published", False))
        if count >= at:
            # The event comes just before the commit: let the driver commit first.
            connection.connection.dbapi_connection.commit()
            if connection.dialect.name == "sqlite":
                connection.connection.dbapi_connection.execute("COMMIT")
            kill_self()

    event.listen(database.engine, "after_cursor_execute", published)
    event.listen(database.engine, "commit", committed)


def main() -> None:
    """Work until told to stop (SIGTERM), or until nothing is due when the order says so."""
    order = json.loads(sys.argv[1])
    database = open_database(order["database"], pool_size=20)
    if order.get("fault") == "publish":
        _die_after_publishing(database, order.get("at", 1))
    worker = Worker(database, _blobs(order), _renderer(order), QUICK)
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    worker.start()
    print("started", flush=True)  # noqa: T201  the test waits for this line
    drain = bool(order.get("drain"))
    worker.wait(until=lambda: bool(stopping) or (drain and worker.has_nothing_due()))
    worker.stop()


if __name__ == "__main__":
    main()
