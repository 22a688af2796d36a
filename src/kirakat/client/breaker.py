"""Not asking a service that is down: after a few failures in a row, a pause."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Breaker:
    """Opens after `failures` in a row, for `pause` seconds; then one request is let through.

    Without it every page view would wait out the whole budget while the service is down.
    """

    def __init__(
        self,
        *,
        failures: int = 5,
        pause: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit, self._pause, self._monotonic = failures, pause, monotonic
        self._lock = threading.Lock()
        self._failed = 0
        self._closed_at = 0.0

    def lets_through(self) -> bool:
        """Whether to ask now; of many threads after a pause, one is sent ahead."""
        with self._lock:
            if self._failed < self._limit:
                return True
            now = self._monotonic()
            if now < self._closed_at:
                return False
            self._closed_at = now + self._pause
            return True

    def succeeded(self) -> None:
        """The service answered."""
        with self._lock:
            self._failed = 0

    def failed(self) -> None:
        """It did not."""
        with self._lock:
            self._failed += 1
            if self._failed >= self._limit:
                self._closed_at = self._monotonic() + self._pause
