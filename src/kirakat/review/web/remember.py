"""Figures that several people look at, counted once for all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")
# A tenth of a process' time at most goes into counting one thing anew.
_PATIENCE = 10
_KEPT = 500
_LOCKS = 16


@dataclass(frozen=True)
class Remembered(Generic[Value]):
    """A value and when it was counted."""

    value: Value
    at: datetime
    # Until when it is good.
    until: datetime


class Memory(Generic[Value]):
    """Values by key, each counted anew after a while: ten times as long as the counting took."""

    def __init__(self, least: timedelta) -> None:
        """`least`: for how long a value is good however quickly it was counted."""
        self._least, self._kept = least, dict[Hashable, Remembered[Value]]()
        self._locks = [Lock() for _ in range(_LOCKS)]

    def get(self, key: Hashable, count: Callable[[], Value], *, now: datetime) -> Remembered[Value]:
        """The value, counted now unless it is still good; by one thread, for which others wait."""
        kept = self._kept.get(key)
        if kept is not None and now < kept.until:
            return kept
        with self._locks[hash(key) % _LOCKS]:
            kept = self._kept.get(key)
            if kept is not None and now < kept.until:
                return kept
            started = time.perf_counter()
            value = count()
            pause = timedelta(seconds=_PATIENCE * (time.perf_counter() - started))
            kept = Remembered(value, now, now + max(self._least, pause))
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[key] = kept
            return kept

    def peek(self, key: Hashable) -> Remembered[Value] | None:
        """What was counted last, good or not; None before the first time."""
        return self._kept.get(key)
