"""One time for all workers: the database's, so that a skewed machine harms nobody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from kirakat.clock import Clock, SystemClock

if TYPE_CHECKING:
    from sqlalchemy import Connection


class SharedClock:
    """A clock that `follow` sets after PostgreSQL's; with SQLite all share one machine's."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._offset = timedelta()

    def now(self) -> datetime:
        """The shared wall-clock time, with UTC as its zone."""
        return self._clock.now() + self._offset

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return self._clock.monotonic()

    def follow(self, connection: Connection) -> None:
        """Take over the database's time."""
        if connection.dialect.name != "postgresql":
            return
        shared: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        self._offset = shared - self._clock.now()
