"""Keep the caches right: read what changed, twice a second, for the merchants that are asked for.

A merchant's transitions are numbered without gaps, so one number tells whether anything changed
and the transitions after it tell what. A rejection or retirement also raises the merchant's
epoch; it comes with its transition and needs no look of its own. What else raises the epoch is a
change of the merchant's prompts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from kirakat.service.creative_cache import CreativeCache
from kirakat.service.plan_cache import PlanCache
from kirakat.service.prompt_pools import PromptPools
from kirakat.store.database import Database
from kirakat.store.known_creatives import KnownCreative, known_creatives
from kirakat.store.transitions import read_changes
from kirakat.store.watch import read_catalog_revisions, read_marks

_PAGE = 2_000
# Changes beyond which forgetting everything is cheaper than reading them.
_TOO_MANY = 20_000


class Follower:
    """Follows merchants from the transition at which they were first read."""

    def __init__(
        self,
        database: Database,
        creatives: CreativeCache,
        plans: PlanCache,
        pools: PromptPools,
        *,
        became_ready: Callable[[KnownCreative], None],
    ) -> None:
        self._database, self._creatives, self._plans = database, creatives, plans
        self._pools, self._became_ready = pools, became_ready
        self._lock = threading.Lock()
        # Number of the last transition that was taken over, by merchant.
        self._seen: dict[str, int] = {}

    @property
    def merchants(self) -> tuple[str, ...]:
        """The merchants that are followed."""
        with self._lock:
            return tuple(self._seen)

    def seen(self, merchant_id: str) -> int | None:
        """Number of the last transition that was taken over; None: not followed yet.

        What is read after asking this is not older.
        """
        return self._seen.get(merchant_id)

    def keep(self, merchant_id: str, sequence: int, put: Callable[[], None]) -> bool:
        """Let `put` cache what was read at transition `sequence`, if that is still the newest.

        Not if later transitions were taken over meanwhile: it may be older than they are.
        """
        with self._lock:
            is_current = self._seen.setdefault(merchant_id, sequence) <= sequence
            if is_current:
                put()
            return is_current

    def look(self) -> None:
        """Take over all changes since the last look. Raises `StoreError`."""
        names = self.merchants
        if not names:
            return
        with self._database.reading() as connection:
            self._plans.note_revisions(read_catalog_revisions(connection, names))
            for merchant_id, mark in read_marks(connection, names).items():
                pools = self._pools.of(connection, merchant_id, mark.epoch)
                self._plans.note_pools(merchant_id, pools.revision)
                self._catch_up(connection, merchant_id, mark.sequence)

    def _catch_up(self, connection: Connection, merchant_id: str, last: int) -> None:
        seen = self._seen[merchant_id]
        if last - seen > _TOO_MANY:
            self._advance(merchant_id, last)
            self._creatives.clear()
            return
        while seen < last:
            page = read_changes(connection, merchant_id, since=seen, limit=_PAGE)
            if not page:
                return
            seen = page[-1].sequence
            # First the number: whoever read before it must not put old entries any more.
            self._advance(merchant_id, seen)
            self._refresh(connection, merchant_id, sorted({item.key for item in page}))

    def _advance(self, merchant_id: str, sequence: int) -> None:
        with self._lock:
            self._seen[merchant_id] = sequence

    def _refresh(self, connection: Connection, merchant_id: str, keys: Sequence[str]) -> None:
        cached = [key for key in keys if key in self._creatives]
        known = known_creatives(connection, merchant_id, cached)
        for key in cached:
            self._creatives.put(merchant_id, key, known.get(key))
        # Entries that were pushed out may live on in what was derived from them.
        self._creatives.outdate()
        for item in known.values():
            if item.state == "ready":
                self._became_ready(item)
