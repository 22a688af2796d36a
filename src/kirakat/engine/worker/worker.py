"""A worker process: takes tickets, renders, publishes, calls back, and keeps the queue in order."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from kirakat.clock import Clock
from kirakat.engine.port.dbos_engine import DbosEngine, open_engine
from kirakat.engine.worker.batcher import Batcher
from kirakat.engine.worker.claim_batch import claim_batch
from kirakat.engine.worker.dbos_runtime import TicketRunner
from kirakat.engine.worker.executor import Executor
from kirakat.engine.worker.keeper import Keeper
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.outage import StoreWatch
from kirakat.engine.worker.patience import patiently
from kirakat.engine.worker.publisher import Publisher
from kirakat.engine.worker.put_back import put_back
from kirakat.engine.worker.renderer import Claim, Renderer
from kirakat.engine.worker.send_callbacks import CallbackSender
from kirakat.engine.worker.settle import Settler
from kirakat.engine.worker.shared_clock import SharedClock
from kirakat.engine.worker.unfit import UnfitRecipes
from kirakat.engine.worker.versions import is_outdated, refuse_unfit
from kirakat.engine.worker.work_ticket import TicketDesk
from kirakat.errors import ConflictError, StoreError
from kirakat.store.dispatch import has_due_callbacks, has_due_renders, held_by
from kirakat.store.merchants import merchants_over_budget

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from kirakat.store.blobs import Blobs
    from kirakat.store.database import Database

_log = logging.getLogger(__name__)


class Worker:
    """Works from `start` to `stop`. `callbacks` is None for a worker that renders only."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        renderer: Renderer,
        options: WorkerOptions,
        *,
        callbacks: CallbackSender | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._database = database
        self._renderer = renderer
        self._options = options
        self._callbacks = callbacks
        self.clock = SharedClock(clock)
        self.executor = Executor()
        self._unfit = UnfitRecipes(self.clock)
        # Whether a worker of a later protocol has come.
        self._is_outdated = False
        self._engine: DbosEngine = open_engine(database)
        self._watch = StoreWatch(database, blobs)
        self._publisher = Publisher(database, self._engine, options, self.clock)
        self.settler = Settler(
            database, blobs, self._engine, self._publisher, options, self.clock,
            self._unfit, self._watch,
        )  # fmt: skip
        self.batcher = Batcher(self._claim, renderer, self.settler.settle, options)
        self.desk = TicketDesk(database, self._engine, self.batcher, options, self.clock)
        self._keeper = Keeper(
            database, self._engine, self.settler, self.executor, options, self.clock, self._look
        )
        self._runner = TicketRunner(database, self.executor.executor_id, options, self.desk.work)
        self._keeping = _thread(self._keeper.run, "keeper")
        self._batching = _thread(self.batcher.run, "batcher")
        self._publishing = _thread(self._publisher.run, "publisher")

    def start(self) -> None:
        """Begin; raises `StoreError` when the database cannot be reached, or is not for it."""
        refuse_unfit(self._database, self._engine)
        self._keeper.beat()
        self._batching.start()
        self._publishing.start()
        self._keeping.start()
        if self._callbacks is not None:
            self._callbacks.start(self.clock)
        self._runner.start()
        _log.info("worker %s is at work", self.executor.executor_id)

    def wait(self, *, until: Callable[[], bool], every: float = 0.1) -> None:
        """Return once `until` says so."""
        while not until():
            time.sleep(every)

    def has_nothing_due(self) -> bool:
        """Whether nothing is in flight here and no render (or callback) could be claimed."""
        if self.settler.in_flight():
            return False
        now = self.clock.now()
        try:
            with self._database.reading() as connection:
                if self._callbacks is not None and has_due_callbacks(connection, now=now):
                    return False
                return not self._finds_renders(connection, now)
        except StoreError as error:
            _log.warning("the database is out of reach: %s", error)
            return False

    def stop(self) -> bool:
        """Finish what is in flight, for at most the drain limit; False when something was left.

        What is left goes back to the queue, and does not count as a try.
        """
        self._runner.take_no_more()
        self.batcher.stop()
        end = time.monotonic() + self._options.drain
        while self._is_busy() and time.monotonic() < end:
            time.sleep(0.02)
        left = self._release()
        if self._callbacks is not None:
            self._callbacks.stop()
        self.settler.close()
        self._publisher.stop()
        self._keeper.stop()
        self._keeping.join(timeout=self._options.heartbeat)
        if not left:
            self._runner.stop()
            self._batching.join(timeout=1.0)
            self._renderer.unload()
        with self._database.writing() as connection:
            self.executor.leave(connection)
        self._engine.close()
        return not left

    def _claim(self, count: int) -> list[Claim]:
        """Claim up to `count` renders; none while what is drawn could not be stored."""
        if self._is_outdated or self._watch.must_wait():
            return []
        names = self.settler.name_claims(count)
        claims: list[Claim] = []

        def claim() -> list[Claim]:
            with self._database.writing() as connection:
                return claim_batch(
                    connection, names, self.executor,
                    now=self.clock.now(), unfit=self._unfit.present(),
                )  # fmt: skip

        try:
            claims = patiently(claim, limit=self._options.lease)
        finally:
            self.settler.drop_claims(set(names) - {item.ticket for item in claims})
        return claims

    def _look(self) -> None:
        """Work off what is due though no ticket told of it: a ticket can die with its worker."""
        self._is_outdated = is_outdated(self._engine)
        if self._is_outdated:
            _log.warning("newer workers are at work that this one cannot join: update it")
        if self._is_outdated or self.batcher.is_called:
            return
        with self._database.reading() as connection:
            found = self._finds_renders(connection, self.clock.now())
        if found:
            self.batcher.call()

    def _finds_renders(self, connection: Connection, now: datetime) -> bool:
        """Whether this worker could claim a render."""
        return has_due_renders(
            connection, now=now,
            skip_merchants=merchants_over_budget(connection, day=now.date()),
            skip_recipes=self._unfit.present(),
        )  # fmt: skip

    def _is_busy(self) -> bool:
        return bool(self.settler.in_flight()) or self.desk.is_busy

    def _release(self) -> int:
        """Give back what is still held; gives how many renders."""
        with self._database.reading() as connection:
            held = held_by(connection, self.executor.executor_id)
        for item in held:
            try:
                with self._database.writing() as connection:
                    put_back(
                        connection, self._engine, item, error="its worker stopped",
                        outcome="released", options=self._options, now=self.clock.now(),
                    )  # fmt: skip
            except ConflictError:
                continue
        return len(held)


def _thread(body: Callable[[], None], name: str) -> threading.Thread:
    return threading.Thread(target=body, name=name, daemon=True)
