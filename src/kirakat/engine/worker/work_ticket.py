"""What a ticket does: have the queue worked off, and take the tickets along that this serves."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from kirakat.clock import Clock
from kirakat.engine.port.dbos_engine import DbosEngine
from kirakat.engine.worker.batcher import Batcher
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.patience import patiently
from kirakat.store.dispatch import has_due_renders

if TYPE_CHECKING:
    from kirakat.store.database import Database


class TicketDesk:
    """Works tickets, each in its own thread."""

    def __init__(
        self,
        database: Database,
        engine: DbosEngine,
        batcher: Batcher,
        options: WorkerOptions,
        clock: Clock,
    ) -> None:
        self._database = database
        self._engine = engine
        self._batcher = batcher
        self._options = options
        self._clock = clock
        self._lock = threading.Lock()
        self._count = 0

    def work(self, ticket: str) -> str:
        """Run one ticket to its end; gives what came of it, for whoever reads the queue."""
        with self._lock:
            self._count += 1
        try:
            if self._batcher.call().result():
                self._drop_served()
                return "nothing is due any more"
            self._pass_on(ticket)
            return "passed on"
        finally:
            with self._lock:
                self._count -= 1

    @property
    def is_busy(self) -> bool:
        """Whether a ticket is being worked."""
        with self._lock:
            return bool(self._count)

    def _drop_served(self) -> None:
        """Take back the queued tickets if no render is due, for this worker or another.

        Listed first: a ticket commits together with its render, so those that are seen here
        have theirs among the rows that are read afterwards.
        """
        queued = self._engine.queued_tickets()
        if not queued:
            return
        with self._database.reading() as connection:
            if has_due_renders(connection, now=self._clock.now()):
                return
        self._engine.withdraw(queued)

    def _pass_on(self, ticket: str) -> None:
        """Queue a ticket like one that this worker took and can no longer serve."""

        def write() -> None:
            with self._database.writing() as connection:
                self._engine.reissue(connection, ticket)

        patiently(write, limit=self._options.lease)
