"""Read from the database what the caches lack, and never wait long for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from kirakat.clock import Clock
from kirakat.errors import StoreError
from kirakat.service.creative_cache import CreativeCache
from kirakat.service.follow import Follower
from kirakat.service.generation import Generation
from kirakat.service.health import Health, is_outage
from kirakat.service.plan_cache import PlanCache
from kirakat.service.plans import PlanId, build_plan
from kirakat.store.database import Database
from kirakat.store.known_creatives import known_creatives, offers_of_catalog
from kirakat.store.watch import read_catalog_revisions, read_marks

DOWN = "the database is down"
SLOW = "the database is slow"
REFUSED = "the database refuses"
_THREADS = 4
# Lookups that wait for a thread; with more, waiting has no point.
_MAX_WAITING = 64


class Lookup:
    """Fills the caches, in threads of its own."""

    def __init__(
        self,
        database: Database,
        generation: Generation,
        plans: PlanCache,
        creatives: CreativeCache,
        follower: Follower,
        health: Health,
        clock: Clock,
        *,
        timeout: float,
    ) -> None:
        self._database, self._generation = database, generation
        self._plans, self._creatives, self._follower = plans, creatives, follower
        self._health, self._clock, self._timeout = health, clock, timeout
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="lookup")
        self._waiting = 0

    def close(self) -> None:
        """Wait for what is being read, and let the threads go."""
        self._threads.shutdown(cancel_futures=True)

    async def fill(self, merchant_id: str, wanted: Sequence[PlanId]) -> str:
        """Read plans and creatives of one merchant; gives why it failed, or nothing."""
        if not self._health.is_up("database"):
            return DOWN
        if self._waiting >= _MAX_WAITING:
            return SLOW
        loop = asyncio.get_running_loop()
        self._waiting += 1
        work = loop.run_in_executor(self._threads, self._read, merchant_id, wanted)
        work.add_done_callback(self._done)
        try:
            await asyncio.wait_for(asyncio.shield(work), self._timeout)
        except TimeoutError:
            return SLOW
        except StoreError as error:
            if not is_outage(error):
                return REFUSED
            self._health.fails("database", str(error))
            return DOWN
        self._health.works("database")
        return ""

    def _done(self, work: asyncio.Future[None]) -> None:
        self._waiting -= 1
        if not work.cancelled():
            # What failed after its time was up is noted by whoever asks next.
            work.exception()

    def _read(self, merchant_id: str, wanted: Sequence[PlanId]) -> None:
        with self._database.reading() as connection:
            # The mark comes first: what changes from here on, the follower will see.
            marks = read_marks(connection, (merchant_id,))
            revisions = read_catalog_revisions(connection, (merchant_id,))
            found = {}
            for catalog in {item.catalog for item in wanted}:
                ids = sorted({item.offer_id for item in wanted if item.catalog == catalog})
                records = offers_of_catalog(connection, merchant_id, catalog, ids)
                found.update({(catalog, name): record for name, record in records.items()})
            plans = {
                item: build_plan(item, found.get((item.catalog, item.offer_id)), self._generation)
                for item in dict.fromkeys(wanted)
            }
            keys = sorted({one.key for plan in plans.values() for one in plan.candidates})
            known = known_creatives(connection, merchant_id, keys)
        self._plans.note_revisions(revisions)
        for item, plan in plans.items():
            self._plans.put(item, plan, revision=revisions.get((merchant_id, item.catalog), 0))
        sequence = marks[merchant_id].sequence if merchant_id in marks else 0

        def put() -> None:
            for key in keys:
                self._creatives.put(merchant_id, key, known.get(key))

        self._follower.keep(merchant_id, sequence, put)
