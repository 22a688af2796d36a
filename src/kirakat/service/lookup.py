"""Read from the database what the caches lack, and never wait long for it.

Requests that come while a thread reads are read together by the next one: under load most of
the work of a statement is shared.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from sqlalchemy import Connection

from kirakat.clock import Clock
from kirakat.errors import StoreError
from kirakat.service.creative_cache import CreativeCache
from kirakat.service.follow import Follower
from kirakat.service.health import Health, is_outage
from kirakat.service.plan_cache import PlanCache
from kirakat.service.plans import Plan, PlanId, build_plan
from kirakat.service.prompt_pools import KnownPools, PromptPools
from kirakat.service.running_experiments import RunningExperiments
from kirakat.store.database import Database
from kirakat.store.known_creatives import known_creatives, offers_of_catalog
from kirakat.store.watch import Mark, read_catalog_revisions, read_marks

DOWN = "the database is down"
SLOW = "the database is slow"
REFUSED = "the database refuses"
_THREADS = 2
# Requests that are read together at most.
_TOGETHER = 8
# Requests that wait for a thread; with more, waiting has no point.
_MAX_WAITING = 64
_NO_MARK = Mark(0, 0)


class _Call(NamedTuple):
    """One request that waits."""

    merchant_id: str
    wanted: Sequence[PlanId]
    loop: asyncio.AbstractEventLoop
    # Set to None, or to the error, in the loop's thread.
    done: asyncio.Future[None]


class _Start(NamedTuple):
    """How far a merchant was known before anything was read: later changes will be followed."""

    sequence: int
    pools: KnownPools
    # Revision by catalogue.
    revisions: Mapping[tuple[str, str], int]


class Lookup:
    """Fills the caches, in threads of its own."""

    def __init__(
        self,
        database: Database,
        experiments: RunningExperiments,
        plans: PlanCache,
        pools: PromptPools,
        creatives: CreativeCache,
        follower: Follower,
        health: Health,
        clock: Clock,
        *,
        timeout: float,
    ) -> None:
        self._database, self._experiments = database, experiments
        self._plans, self._pools = plans, pools
        self._creatives, self._follower = creatives, follower
        self._health, self._clock, self._timeout = health, clock, timeout
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="lookup")
        self._lock = threading.Lock()
        self._waiting: list[_Call] = []

    def close(self) -> None:
        """Wait for what is being read, and let the threads go."""
        self._threads.shutdown(cancel_futures=True)

    async def fill(self, merchant_id: str, wanted: Sequence[PlanId]) -> str:
        """Read plans and creatives of one merchant; gives why it failed, or nothing."""
        if not self._health.is_up("database"):
            return DOWN
        if len(self._waiting) >= _MAX_WAITING:
            return SLOW
        loop = asyncio.get_running_loop()
        call = _Call(merchant_id, wanted, loop, loop.create_future())
        with self._lock:
            self._waiting.append(call)
        self._threads.submit(self._serve)
        try:
            async with asyncio.timeout(self._timeout):
                await call.done
        except TimeoutError:
            return SLOW
        except StoreError as error:
            if not is_outage(error):
                return REFUSED
            self._health.fails("database", str(error))
            return DOWN
        self._health.works("database")
        return ""

    def _serve(self) -> None:
        """Read what waits; the body of a thread's turn."""
        with self._lock:
            calls, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
        by_merchant: dict[str, list[_Call]] = {}
        for call in calls:
            by_merchant.setdefault(call.merchant_id, []).append(call)
        for merchant_id, group in by_merchant.items():
            self._answer(merchant_id, group)

    def _answer(self, merchant_id: str, group: list[_Call]) -> None:
        failure: BaseException | None = None
        try:
            self._read(merchant_id, [item for call in group for item in call.wanted])
        except StoreError as error:
            if len(group) > 1 and not is_outage(error):
                # One request's texts may be what the database refuses.
                for call in group:
                    self._answer(merchant_id, [call])
                return
            failure = error
        except BaseException as error:  # noqa: BLE001  it is raised where it is waited for
            failure = error
        loops = {call.loop for call in group}
        for loop in loops:
            mine = [call.done for call in group if call.loop is loop]
            loop.call_soon_threadsafe(_settle, mine, failure)

    def _read(self, merchant_id: str, wanted: Iterable[PlanId]) -> None:
        items = list(dict.fromkeys(wanted))
        start = self._known_start(merchant_id, {item.catalog for item in items})
        with self._database.reading() as connection:
            if start is None:
                start = self._read_start(connection, merchant_id)
            plans = self._build(connection, merchant_id, items, start.pools)
            keys = sorted({one.key for plan in plans.values() for one in plan.candidates})
            known = known_creatives(connection, merchant_id, keys)
        for item, plan in plans.items():
            revision = start.revisions.get((merchant_id, item.catalog), 0)
            self._plans.put(item, plan, revision=revision, pools=start.pools.revision)

        def put() -> None:
            for key in keys:
                self._creatives.put(merchant_id, key, known.get(key))

        self._follower.keep(merchant_id, start.sequence, put)

    def _known_start(self, merchant_id: str, catalogs: Iterable[str]) -> _Start | None:
        """From memory for a merchant that is followed; None for one that is not yet."""
        sequence, pools = self._follower.seen(merchant_id), self._pools.known(merchant_id)
        if sequence is None or pools is None:
            return None
        revisions = {
            (merchant_id, name): self._plans.revision(merchant_id, name) for name in catalogs
        }
        return _Start(sequence, pools, revisions)

    def _read_start(self, connection: Connection, merchant_id: str) -> _Start:
        mark = read_marks(connection, (merchant_id,)).get(merchant_id, _NO_MARK)
        revisions = read_catalog_revisions(connection, (merchant_id,))
        pools = self._pools.of(connection, merchant_id, mark.epoch)
        self._plans.note_revisions(revisions)
        return _Start(mark.sequence, pools, revisions)

    def _build(
        self, connection: Connection, merchant_id: str, items: Sequence[PlanId], known: KnownPools
    ) -> dict[PlanId, Plan]:
        found = {}
        for catalog in {item.catalog for item in items}:
            ids = sorted({item.offer_id for item in items if item.catalog == catalog})
            records = offers_of_catalog(connection, merchant_id, catalog, ids)
            found.update({(catalog, name): record for name, record in records.items()})
        return {
            item: build_plan(
                item,
                found.get((item.catalog, item.offer_id)),
                self._experiments.generation(merchant_id, item.recipe),
                known.pools,
                known.orders,
            )
            for item in items
        }


def _settle(waiting: Sequence[asyncio.Future[None]], failure: BaseException | None) -> None:
    """Wake those who still wait."""
    for done in waiting:
        if done.done():
            continue
        if failure is None:
            done.set_result(None)
        else:
            done.set_exception(failure)
