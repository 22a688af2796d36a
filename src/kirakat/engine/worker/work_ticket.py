"""What a ticket does: get a render made, then publish it or put it back."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Literal

from kirakat.clock import Clock
from kirakat.engine.port.dbos_engine import DbosEngine
from kirakat.engine.worker.batcher import Batcher, Failed, Made, Nothing, Share
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.patience import patiently
from kirakat.engine.worker.publish import store_pictures
from kirakat.engine.worker.publish_together import Ready
from kirakat.engine.worker.publisher import Publisher
from kirakat.engine.worker.put_back import put_back
from kirakat.engine.worker.renderer import Claim
from kirakat.engine.worker.unfit import UnfitRecipes
from kirakat.errors import ConflictError, StoreError

if TYPE_CHECKING:
    from kirakat.store.blobs import Blobs
    from kirakat.store.database import Database

_log = logging.getLogger(__name__)


class TicketDesk:
    """Works tickets, each in its own thread, and knows which ones are in flight."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        engine: DbosEngine,
        batcher: Batcher,
        publisher: Publisher,
        options: WorkerOptions,
        clock: Clock,
        unfit: UnfitRecipes,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._engine = engine
        self._batcher = batcher
        self._publisher = publisher
        self._options = options
        self._clock = clock
        self._unfit = unfit
        self._lock = threading.Lock()
        self._in_flight: dict[str, Future[Share]] = {}
        # When a ticket last came or went, on the monotonic clock.
        self._last_change = clock.monotonic()

    def work(self, ticket: str) -> str:
        """Run one ticket to its end; gives what came of it, for whoever reads the queue."""
        share = self._batcher.submit(ticket)
        self._note(ticket, share)
        try:
            return self._settle(ticket, share.result())
        finally:
            self._batcher.settled(share.result())
            self._note(ticket, None)

    def in_flight(self) -> frozenset[str]:
        """The tickets that are being worked."""
        with self._lock:
            return frozenset(self._in_flight)

    def idle_seconds(self) -> float:
        """For how long no ticket has come or gone; 0 while one is in flight."""
        with self._lock:
            if self._in_flight:
                return 0.0
            return self._clock.monotonic() - self._last_change

    def _note(self, ticket: str, share: Future[Share] | None) -> None:
        with self._lock:
            self._last_change = self._clock.monotonic()
            if share is None:
                self._in_flight.pop(ticket, None)
            else:
                self._in_flight[ticket] = share

    def _settle(self, ticket: str, share: Share) -> str:
        if isinstance(share, Nothing):
            if share.stopped:
                self._pass_on(ticket)
            return "nothing was due"
        try:
            if isinstance(share, Failed):
                self._put_back(share.claim, share.error)
                return "failed"
            return self._publish(share)
        except ConflictError as error:
            # Cancelled, or given to another worker while this one was frozen.
            _log.info("%s", error)
            return "taken over"

    def _publish(self, made: Made) -> str:
        if made.outcome.unfit:
            self._unfit.note(made.claim.render.recipe_digest)
            self._put_back(made.claim, made.outcome.unfit, "released")
            return "left to others"
        limit = self._options.lease
        try:
            stored = patiently(lambda: store_pictures(self._blobs, made.outcome), limit=limit)
        except StoreError as error:
            self._put_back(made.claim, str(error))
            return "failed"
        ready = Ready(claim=made.claim, outcome=made.outcome, stored=stored)
        self._publisher.publish(ready)
        return "done"

    def _put_back(
        self, claim: Claim, error: str, outcome: Literal["failed", "released"] = "failed"
    ) -> None:
        def write() -> None:
            with self._database.writing() as connection:
                put_back(
                    connection, self._engine, claim.render,
                    error=error, outcome=outcome, options=self._options, now=self._clock.now(),
                )  # fmt: skip

        patiently(write, limit=self._options.lease)

    def _pass_on(self, ticket: str) -> None:
        """Queue a ticket like one that this worker took and can no longer serve."""

        def write() -> None:
            with self._database.writing() as connection:
                self._engine.reissue(connection, ticket)

        patiently(write, limit=self._options.lease)
