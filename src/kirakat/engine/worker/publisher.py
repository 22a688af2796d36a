"""One thread that publishes: what is ready at the same time is committed together."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from kirakat.clock import Clock
from kirakat.engine.port.dbos_engine import DbosEngine
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.patience import patiently
from kirakat.engine.worker.publish import publish_outcome
from kirakat.engine.worker.publish_together import Ready, publish_together
from kirakat.errors import ConflictError, KirakatError

if TYPE_CHECKING:
    from kirakat.store.database import Database

_log = logging.getLogger(__name__)

# Claims in one transaction.
_MOST = 64


class Publisher:
    """Tickets hand in what is ready and wait until it is committed."""

    def __init__(
        self, database: Database, engine: DbosEngine, options: WorkerOptions, clock: Clock
    ) -> None:
        self._database = database
        self._engine = engine
        self._options = options
        self._clock = clock
        self._waiting: list[tuple[Ready, Future[None]]] = []
        self._changed = threading.Condition()
        self._stopped = False

    def publish(self, ready: Ready) -> None:
        """Return once it is committed.

        Raises `ConflictError` when the claim was taken away, and `StoreError` when the
        database stayed out of reach.
        """
        done: Future[None] = Future()
        with self._changed:
            self._waiting.append((ready, done))
            self._changed.notify()
        done.result()

    def stop(self) -> None:
        """End once nothing waits any more."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def run(self) -> None:
        """Publish until `stop`; the body of the publisher's thread."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopped)
                batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            if not batch:
                return
            whole = [item for item in batch if item[0].is_whole]
            for item in batch:
                if not item[0].is_whole:
                    self._alone(*item)
            if whole:
                self._together(whole)

    def _together(self, batch: Sequence[tuple[Ready, Future[None]]]) -> None:
        try:
            held = self._write([ready for ready, _ in batch])
        except KirakatError as error:
            _log.warning("%d results are published one by one: %s", len(batch), error)
            for item in batch:
                self._alone(*item)
            return
        for ready, done in batch:
            render_id = ready.claim.render.render_id
            if render_id in held:
                done.set_result(None)
            else:
                done.set_exception(ConflictError(f"render {render_id} was taken over"))

    def _write(self, ready: Sequence[Ready]) -> set[str]:
        with self._database.writing() as connection:
            return publish_together(connection, self._engine, ready, now=self._clock.now())

    def _alone(self, ready: Ready, done: Future[None]) -> None:
        def write() -> None:
            with self._database.writing() as connection:
                publish_outcome(
                    connection, self._engine, ready.claim, ready.outcome, ready.stored,
                    options=self._options, now=self._clock.now(),
                )  # fmt: skip

        try:
            patiently(write, limit=self._options.lease)
        except KirakatError as error:
            done.set_exception(error)
        else:
            done.set_result(None)
