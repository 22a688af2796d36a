"""The worker's regular duties: signs of life, and order in the queue."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kirakat.engine.port.dbos_engine import DbosEngine
from kirakat.engine.worker.executor import Executor
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.reap import reap_own, reap_silent
from kirakat.engine.worker.settle import Settler
from kirakat.engine.worker.shared_clock import SharedClock
from kirakat.engine.worker.waiting_reasons import explain_waiting
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
        settler: Settler,
        executor: Executor,
        options: WorkerOptions,
        clock: SharedClock,
        look: Callable[[], None],
    ) -> None:
        self._database = database
        self._engine = engine
        self._settler = settler
        self._executor = executor
        self._options = options
        self._clock = clock
        # Works off what is due though no ticket told of it.
        self._look = look
        self._stopped = threading.Event()
        self._beats = 0
        self._last_beat: datetime | None = None
        # Before then others are not judged.
        self._trusts_from: datetime | None = None

    def beat(self) -> None:
        """Give a sign of life and follow the shared clock."""
        with self._database.writing() as connection:
            self._clock.follow(connection)
            now = self._clock.now()
            self._executor.beat(connection, now)
        self._note_gap(now)

    def reap(self) -> None:
        """Bring back what silent workers hold, and what this one has lost sight of."""
        now = self._clock.now()
        if self._trusts_from is None or now >= self._trusts_from:
            reap_silent(self._database, self._engine, self._options, now=now)
        reap_own(
            self._database, self._engine, self._options,
            self._executor.executor_id, self._settler, now=now,
        )  # fmt: skip

    def run(self) -> None:
        """Do all duties every heartbeat until `stop`; the body of the keeper's thread."""
        while not self._stopped.wait(self._options.heartbeat):
            for duty in (self.beat, self.reap, self._look, self._seldom):
                _attempt(duty)
            self._beats += 1

    def stop(self) -> None:
        """End after the present duty."""
        self._stopped.set()

    def _note_gap(self, now: datetime) -> None:
        """After a long time without beats give the others time for theirs.

        The database was away, the machine slept or its clock was set: then everybody seems to
        have been silent.
        """
        lease = timedelta(seconds=self._options.lease)
        last, self._last_beat = self._last_beat, now
        if last is not None and abs(now - last) >= lease:
            self._trusts_from = now + lease

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
