"""Wait for a database or blob store that is away for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from kirakat.errors import ConflictError, NotFoundError, StoreError

Result = TypeVar("Result")

_FIRST, _LONGEST = 0.1, 2.0


def patiently(
    action: Callable[[], Result], *, limit: float, sleep: Callable[[float], None] = time.sleep
) -> Result:
    """Do `action`, again and again for about `limit` seconds while the store is out of reach.

    What another process decided (`ConflictError`, `NotFoundError`) is raised at once, the last
    `StoreError` at the end. `action` must be whole: a transaction, or a put of a blob.
    """
    pause, waited = _FIRST, 0.0
    while True:
        try:
            return action()
        except (ConflictError, NotFoundError):
            raise
        except StoreError:
            if waited >= limit:
                raise
        sleep(pause)
        waited += pause
        pause = min(2 * pause, _LONGEST)
