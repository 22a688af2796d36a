"""Time as a dependency: code asks a clock, tests hand in a frozen one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The wall-clock time, with UTC as its zone."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; only differences mean something."""
        ...


@dataclass(frozen=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The wall-clock time, with UTC as its zone."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return time.monotonic()


@dataclass
class FrozenClock:
    """A clock that moves only when told to; for tests and replays."""

    at: datetime
    elapsed: float = 0.0

    def now(self) -> datetime:
        """The time that was set."""
        return self.at

    def monotonic(self) -> float:
        """Seconds added so far by `advance`."""
        return self.elapsed

    def advance(self, seconds: float) -> None:
        """Move both readings forward."""
        from datetime import timedelta

        self.at += timedelta(seconds=seconds)
        self.elapsed += seconds
