"""What is wanted and not there: a bounded buffer between the request path and the queue."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from kirakat import tracing
from kirakat.clock import Clock
from kirakat.service.lru import Lru
from kirakat.service.plans import Candidate, Plan

# Seconds for which a key that was written down is only counted, not written again.
_PAUSE = 5.0
# Most asks that are counted at once.
_MAX_COUNT = 100


@dataclass(slots=True)
class Wanted:
    """A key and how often it was asked for since it was last written down."""

    plan: Plan
    candidate: Candidate
    # Monotonic time.
    since: float
    # Whether the key must be taken out of an ended state first.
    revive: bool = False
    asked: int = 1
    # The `traceparent` of the first who asked.
    trace: str = ""


@dataclass(slots=True)
class _Written:
    at: float
    asked: int = 0


class Demand:
    """Keys that wait to be written; safe to share between threads."""

    def __init__(self, size: int, clock: Clock) -> None:
        self._size, self._clock = size, clock
        self._lock = threading.Lock()
        self._waiting: dict[str, Wanted] = {}
        self._written: Lru[str, _Written] = Lru(10 * size)

    def __len__(self) -> int:
        return len(self._waiting)

    def waits(self, key: str, merchant_id: str) -> bool:
        """Whether a merchant's key waits to be written."""
        found = self._waiting.get(key)
        offer = found.plan.offer if found else None
        return offer is not None and offer.merchant_id == merchant_id

    def offer(self, plan: Plan, candidate: Candidate, *, revive: bool) -> bool:
        """Note that a key is wanted; False when there is no room for it."""
        key, now = candidate.key, self._clock.monotonic()
        with self._lock:
            waiting = self._waiting.get(key)
            if waiting is not None:
                waiting.asked = min(waiting.asked + 1, _MAX_COUNT)
                return True
            written = self._written.get(key)
            if written is not None and now - written.at < _PAUSE and not revive:
                written.asked += 1
                return True
            if len(self._waiting) >= self._size:
                return False
            asked = min(1 + (written.asked if written else 0), _MAX_COUNT)
            trace = tracing.current()
            self._waiting[key] = Wanted(plan, candidate, now, revive, asked, trace)
            return True

    def take(self, most: int) -> list[Wanted]:
        """The oldest keys, which leave the buffer."""
        with self._lock:
            keys = list(self._waiting)[:most]
            return [self._waiting.pop(key) for key in keys]

    def give_back(self, wanted: list[Wanted]) -> None:
        """Keep keys that could not be written for the next try; there is room for each."""
        with self._lock:
            for item in wanted:
                self._waiting.setdefault(item.candidate.key, item)

    def written(self, wanted: list[Wanted]) -> None:
        """Note that keys were written down."""
        now = self._clock.monotonic()
        for item in wanted:
            self._written.put(item.candidate.key, _Written(now))

    def asked_at(self, key: str) -> float | None:
        """Monotonic time at which this process wrote the key down; None if it did not."""
        written = self._written.get(key)
        return written.at if written else None
