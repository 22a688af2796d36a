"""An engine that is opened once its database is there: a service starts without either."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from kirakat.engine.port.engine import Engine, Job
from kirakat.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection


class LateEngine:
    """An `Engine`; until `open` has worked, it is down."""

    def __init__(self, open_engine: Callable[[], Engine]) -> None:
        self._open_engine = open_engine
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    def open(self) -> None:
        """Open it unless it is open; raises `StoreError`. Not within a transaction of its own."""
        with self._lock:
            if self._engine is None:
                self._engine = self._open_engine()

    def enqueue(self, connection: Connection, jobs: Iterable[Job]) -> int:
        """As the engine does; raises `StoreError` before it is open."""
        if self._engine is None:
            raise StoreError("the queue is not open yet")
        return self._engine.enqueue(connection, jobs)

    def close(self) -> None:
        """Close the engine, if it was opened."""
        if self._engine is not None:
            self._engine.close()
