"""Keep Python itself from holding up answers: its lock's turns, and its garbage collection."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kirakat.clock import Clock

# Seconds after which a thread hands the lock on; Python's own 5 ms add up over an answer, whose
# statements each give the lock away once.
_TURN = 0.0005
# Python's own thresholds but for the last: a full collection walks all that is cached, a third
# of a second for 500,000 objects, and is run when nobody waits instead.
_YOUNG, _MIDDLE, _NEVER = 2_000, 15, 1_000_000
# Seconds between two full collections: in quiet times, and whatever goes on.
_QUIET, _ALWAYS = 300.0, 3600.0


@contextmanager
def short_turns() -> Iterator[None]:
    """While the context is open, threads take short turns and full collections are left out."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(_TURN)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
        sys.setswitchinterval(interval)


class QuietCollector:
    """Runs the full collections that `short_turns` leaves out."""

    def __init__(self, clock: Clock, answered: Callable[[], int]) -> None:
        # `answered` counts the requests so far.
        self._clock, self._answered = clock, answered
        self._seen = 0
        self._last = clock.monotonic()

    def look(self) -> bool:
        """Collect if nothing was answered since the last look, or it is long overdue."""
        seen, now = self._answered(), self._clock.monotonic()
        is_quiet, self._seen = seen == self._seen, seen
        if now - self._last < (_QUIET if is_quiet else _ALWAYS):
            return False
        gc.collect()
        self._last = now
        return True
