"""The pools of the merchants that are asked for, and people's orders about their offers."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from kirakat.clock import Clock
from kirakat.prompts.pool import Pools
from kirakat.store.controls import Orders, read_orders
from kirakat.store.merchant_pools import read_pools


class KnownPools(NamedTuple):
    """One merchant's pools."""

    pools: Pools
    # Counts in this process: plans of an older revision are stale.
    revision: int
    orders: Orders
    # The merchant's epoch, and the time from which they must be read again.
    epoch: int
    until: datetime | None


class PromptPools:
    """Read again when a merchant's epoch has changed, or a window opens or closes."""

    def __init__(self, shipped: Pools, clock: Clock) -> None:
        self._shipped, self._clock = shipped, clock
        self._lock = threading.Lock()
        self._known: dict[str, KnownPools] = {}

    def known(self, merchant_id: str) -> KnownPools | None:
        """As last read; a merchant that is followed is read again within a second."""
        return self._known.get(merchant_id)

    def of(self, connection: Connection, merchant_id: str, epoch: int) -> KnownPools:
        """A merchant's pools at an epoch that was read in the same transaction, or before."""
        known, now = self._known.get(merchant_id), self._clock.now()
        if known is not None and known.epoch == epoch and not _is_over(known, now):
            return known
        found = read_pools(connection, merchant_id, self._shipped, now=now)
        orders = read_orders(connection, merchant_id)
        with self._lock:
            before = self._known.get(merchant_id)
            if before is not None and before.epoch > epoch:
                return before
            has_changed = before is None or before.pools != found.pools or before.orders != orders
            revision = (before.revision if before else 0) + has_changed
            known = KnownPools(found.pools, revision, orders, epoch, found.until)
            self._known[merchant_id] = known
            return known


def _is_over(known: KnownPools, now: datetime) -> bool:
    return known.until is not None and known.until <= now
