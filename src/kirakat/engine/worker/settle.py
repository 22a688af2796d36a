"""Bring what came of claims to its end: stored and published, or put back."""

from __future__ import annotations

import itertools
import logging
import secrets
import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal

from kirakat.clock import Clock
from kirakat.engine.port.dbos_engine import DbosEngine
from kirakat.engine.worker.batcher import Failed, Made, Share
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.outage import StoreWatch
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


class Settler:
    """Threads that settle shares side by side, and the names of all claims in flight."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        engine: DbosEngine,
        publisher: Publisher,
        options: WorkerOptions,
        clock: Clock,
        unfit: UnfitRecipes,
        watch: StoreWatch,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._engine = engine
        self._publisher = publisher
        self._options = options
        self._clock = clock
        self._unfit = unfit
        self._watch = watch
        self._lock = threading.Lock()
        self._in_flight: set[str] = set()
        self._stranded: set[str] = set()
        # No two processes ever use the same name.
        beginning = secrets.token_hex(8)
        self._names = (f"{beginning}.{number}" for number in itertools.count())
        self._pool = ThreadPoolExecutor(options.in_flight, thread_name_prefix="settle")

    def name_claims(self, count: int) -> list[str]:
        """Names for claims that are about to be made; they are in flight from now on."""
        with self._lock:
            names = list(itertools.islice(self._names, count))
            self._in_flight.update(names)
        return names

    def drop_claims(self, names: Iterable[str]) -> None:
        """Names that no claim was made under, or whose claim is settled."""
        with self._lock:
            self._in_flight.difference_update(names)

    def in_flight(self) -> frozenset[str]:
        """The claims that are being worked."""
        with self._lock:
            return frozenset(self._in_flight)

    def stranded(self) -> frozenset[str]:
        """Claims whose end could not be written because the database was away."""
        with self._lock:
            return frozenset(self._stranded)

    def settle(self, share: Share) -> Future[None]:
        """Begin; the future tells when it is done, and never holds an exception."""
        return self._pool.submit(self._see_through, share)

    def close(self) -> None:
        """Take no more shares."""
        self._pool.shutdown(wait=False)

    def _see_through(self, share: Share) -> None:
        ticket = share.claim.ticket
        try:
            self._settle(share)
        except ConflictError as error:
            # Cancelled, or given to another worker while this one was frozen.
            _log.info("%s", error)
        except StoreError as error:
            _log.warning("the end of render %s is lost: %s", share.claim.render.render_id, error)
            if self._watch.is_database_away():
                with self._lock:
                    self._stranded.add(ticket)
        finally:
            self.drop_claims([ticket])

    def _settle(self, share: Share) -> None:
        if isinstance(share, Failed):
            self._put_back(share.claim, share.error)
        elif share.outcome.unfit:
            self._unfit.note(share.claim.render.recipe_digest)
            self._put_back(share.claim, share.outcome.unfit, "released")
        else:
            self._publish(share)

    def _publish(self, made: Made) -> None:
        limit = self._options.lease
        try:
            stored = patiently(lambda: store_pictures(self._blobs, made.outcome), limit=limit)
        except StoreError as error:
            # What a store refuses while it takes anything else is the render's own trouble.
            away = self._watch.are_blobs_away(_largest(made))
            self._put_back(made.claim, str(error), "released" if away else "failed")
            return
        self._publisher.publish(Ready(claim=made.claim, outcome=made.outcome, stored=stored))

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


def _largest(made: Made) -> int:
    """Bytes of the largest picture."""
    return max((len(picture.data) for picture in made.outcome.pictures.values()), default=1)
