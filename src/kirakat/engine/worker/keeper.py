"""The worker's regular duties: signs of life, and order in the queue."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from kirakat.engine.port.dbos_engine import DbosEngine
from kirakat.engine.worker.executor import Executor
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.reap import reap_own, reap_silent
from kirakat.engine.worker.shared_clock import SharedClock
from kirakat.engine.worker.top_up import explain_waiting, top_up
from kirakat.engine.worker.work_ticket import TicketDesk
from kirakat.errors import StoreError

if TYPE_CHECKING:
    from kirakat.store.database import Database

_log = logging.getLogger(__name__)

# Beats between two looks at what changes slowly.
_SELDOM = 12
_KEPT = timedelta(days=1)


class Keeper:
    """One thread; a duty that fails is tried again at the next beat."""

    def __init__(
        self,
        database: Database,
        engine: DbosEngine,
        desk: TicketDesk,
        executor: Executor,
        options: WorkerOptions,
        clock: SharedClock,
    ) -> None:
        self._database = database
        self._engine = engine
        self._desk = desk
        self._executor = executor
        self._options = options
        self._clock = clock
        self._stopped = threading.Event()
        self._beats = 0

    def beat(self) -> None:
        """Give a sign of life and follow the shared clock."""
        with self._database.writing() as connection:
            self._clock.follow(connection)
            self._executor.beat(connection, self._clock.now())

    def run(self) -> None:
        """Do all duties every heartbeat until `stop`; the body of the keeper's thread."""
        while not self._stopped.wait(self._options.heartbeat):
            for duty in (self.beat, self._reap, self._top_up, self._seldom):
                _attempt(duty)
            self._beats += 1

    def stop(self) -> None:
        """End after the present duty."""
        self._stopped.set()

    def _reap(self) -> None:
        now = self._clock.now()
        reap_silent(self._database, self._engine, self._options, now=now)
        reap_own(
            self._database, self._engine, self._options,
            self._executor.executor_id, self._desk.in_flight, now=now,
        )  # fmt: skip

    def _top_up(self) -> None:
        if self._desk.idle_seconds() >= self._options.heartbeat:
            top_up(self._database, self._engine, self._options, now=self._clock.now())

    def _seldom(self) -> None:
        if self._beats % _SELDOM == 0:
            now = self._clock.now()
            explain_waiting(self._database, now=now)
            self._engine.forget(before=now - _KEPT)


def _attempt(duty: Callable[[], None]) -> None:
    try:
        duty()
    except StoreError as error:
        _log.warning("the database is out of reach: %s", error)
