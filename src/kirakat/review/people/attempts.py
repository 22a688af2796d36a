"""Slow down those who guess passwords: by name in the audit, by address in memory."""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from threading import Lock

from sqlalchemy import Connection

from kirakat.review.desk import Desk
from kirakat.store.audit import count_audit

FAILED = "failed to sign in"
# Wrong passwords of one name, whatever process heard them, and for how long they count.
MOST_FOR_NAME = 5
WINDOW = timedelta(minutes=15)
# Tries from one address in a window, in one process.
MOST_FOR_ADDRESS = 30
_ADDRESSES = 10_000


def is_locked(connection: Connection, desk: Desk, merchant_id: str, name: str) -> bool:
    """Whether a name has failed too often lately."""
    since = desk.clock.now() - WINDOW
    failures = count_audit(connection, merchant_id, action=FAILED, subject=name, since=since)
    return failures >= MOST_FOR_NAME


class Addresses:
    """Counts tries by address; forgets the oldest addresses."""

    def __init__(self, desk: Desk) -> None:
        self._clock = desk.clock
        self._lock = Lock()
        # When the window began, and tries in it.
        self._tries: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def may_try(self, address: str) -> bool:
        """Count one try; False when there were too many."""
        now = self._clock.monotonic()
        with self._lock:
            began, tries = self._tries.pop(address, (now, 0))
            if now - began >= WINDOW.total_seconds():
                began, tries = now, 0
            self._tries[address] = (began, tries + 1)
            if len(self._tries) > _ADDRESSES:
                self._tries.popitem(last=False)
        return tries < MOST_FOR_ADDRESS
