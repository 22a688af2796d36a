"""Token buckets, one a caller, in this process."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.clock import Clock
from kirakat.service.lru import Lru


@dataclass(slots=True)
class _Bucket:
    tokens: float
    # Reading of the monotonic clock.
    filled_at: float


class RateLimit:
    """`rate` requests a second for each name, and twice as many at once."""

    def __init__(self, rate: float, clock: Clock, *, names: int = 10_000) -> None:
        self._rate, self._burst, self._clock = rate, max(2.0 * rate, 1.0), clock
        self._buckets: Lru[str, _Bucket] = Lru(names)

    def take(self, name: str, tokens: float = 1.0) -> float:
        """Take tokens; gives 0, or the seconds to wait when there is not a whole one.

        Taking none only looks.
        """
        now = self._clock.monotonic()
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = _Bucket(tokens=self._burst, filled_at=now)
            self._buckets.put(name, bucket)
        filled = bucket.tokens + (now - bucket.filled_at) * self._rate
        bucket.tokens, bucket.filled_at = min(self._burst, filled), now
        if bucket.tokens < 1.0:
            return (1.0 - bucket.tokens) / self._rate
        bucket.tokens -= tokens
        return 0.0
