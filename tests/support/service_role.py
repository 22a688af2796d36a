"""A service in a process of its own, so that tests can kill it.

`fault` names where it kills itself: "accept" (buffered keys are about to be written) or "flush"
(they are written).
"""

from __future__ import annotations

import os
import signal
from typing import Any

import uvicorn

from kirakat.engine.port.dbos_engine import open_engine
from kirakat.service.app import make_app
from kirakat.service.parts import assemble
from kirakat.settings import Settings
from kirakat.store.blobs import open_blobs
from kirakat.store.database import open_database
from tests.integration.service.case import generation


def serve(order: dict[str, Any]) -> None:
    """Be a service at `port`, with an offer `mug-<n>` for each number."""
    database = open_database(order["database"])
    parts = assemble(
        Settings(resolve_timeout=1.0, durable_wait=1.0),
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
        os.kill(os.getpid(), signal.SIGKILL)

    flusher.flush = dying
