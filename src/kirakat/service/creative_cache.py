"""How far the creatives of keys are, with the answers that follow from it ready to be sent.

Entries are kept right by `follow.py`, which reads every change of state twice a second; they
run out as well, for whatever might be missed.
"""

from __future__ import annotations

from typing import Literal

import orjson

from kirakat.clock import Clock
from kirakat.service.lru import Lru
from kirakat.store.image_addresses import ImageAddresses
from kirakat.store.known_creatives import KnownCreative
from kirakat.store.states import CreativeState

# Why catalogues take creatives back; such keys are made again when they are wanted again.
NOT_SHOWN = "no offer shows its photo any more"
_READY_TTL = 3600.0
_OTHER_TTL = 30.0
_SAME_TIME = 0.5
_REVIVABLE = ("retired", "cancelled")

Standing = Literal["ready", "missing", "in_review", "rejected", "dead", "stopped"]
_STANDINGS: dict[CreativeState, Standing] = {
    "requested": "missing",
    "rendering": "missing",
    "in_review": "in_review",
    "ready": "ready",
    "rejected": "rejected",
    "dead": "dead",
    "cancelled": "stopped",
    "retired": "stopped",
}


class Entry:
    """What is known of one key."""

    __slots__ = ("expires", "is_taken_back", "loaded_at", "piece", "reason", "revision", "standing")

    def __init__(self, standing: Standing, now: float) -> None:
        self.standing: Standing = standing
        self.loaded_at = now
        self.expires = now + (_READY_TTL if standing == "ready" else _OTHER_TTL)
        self.revision = 0
        self.reason = ""
        # Retired or cancelled: the offer may have another image by now.
        self.is_taken_back = False
        # Of a ready creative: the answer's fields from "status" to "arm".
        self.piece = b""


class CreativeCache:
    """Entries by key."""

    def __init__(self, size: int, addresses: ImageAddresses, clock: Clock) -> None:
        self._entries: Lru[str, Entry] = Lru(size)
        self._addresses, self._clock = addresses, clock
        # Raised by every change, so that what was derived from entries can tell.
        self.version = 0
        # Shared by the keys that were found missing at about the same time.
        self._missing = Entry("missing", float("-inf"))

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def get(self, key: str, now: float) -> Entry | None:
        """What is known at the monotonic time `now`."""
        entry = self._entries.get(key)
        return entry if entry is not None and entry.expires > now else None

    def get_stale(self, key: str) -> Entry | None:
        """What was known last, however old."""
        return self._entries.get(key)

    def put(self, merchant_id: str, key: str, known: KnownCreative | None) -> Entry:
        """Keep what the database says; None for a key that nobody asked for."""
        entry = self.make(merchant_id, known)
        is_change = key in self._entries
        self._entries.put(key, entry)
        # From a new entry nothing can have been derived.
        self.version += is_change
        return entry

    def make(self, merchant_id: str, known: KnownCreative | None) -> Entry:
        """The entry of what the database says."""
        now = self._clock.monotonic()
        if known is None:
            if now - self._missing.loaded_at > _SAME_TIME:
                self._missing = Entry("missing", now)
            return self._missing
        taken_back = known.state in _REVIVABLE
        revivable = taken_back and known.reason == NOT_SHOWN
        entry = Entry("missing" if revivable else _STANDINGS[known.state], now)
        entry.revision, entry.reason, entry.is_taken_back = known.revision, known.reason, taken_back
        if known.state == "ready":
            self._finish(entry, merchant_id, known)
        return entry

    def drop(self, key: str) -> None:
        """Forget a key."""
        self._entries.drop(key)
        self.version += 1

    def outdate(self) -> None:
        """Have everything derived anew."""
        self.version += 1

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self.version += 1

    def _finish(self, entry: Entry, merchant_id: str, known: KnownCreative) -> None:
        """Write the answer of a ready creative."""
        url = self._addresses.url(
            merchant_id, known.sha256 or "", known.format or "", now=self._clock.now()
        )
        if self._addresses.is_signed(merchant_id):
            entry.expires = min(entry.expires, entry.loaded_at + self._addresses.lifetime / 2)
        fields = {
            "status": "ready",
            "image_url": url,
            "key": known.key,
            "operation": None,
            "reason": None,
            "treatment_served": known.treatment,
            "arm": known.arm if known.treatment == "generated" else None,
        }
        entry.piece = b"," + orjson.dumps(fields)[1:-1]
