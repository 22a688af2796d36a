"""What Prometheus reads of this process."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_LONG = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 14_400)


class Metrics:
    """Counters of one service process, with a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "kirakat_http_requests", "Answered requests", ("route", "method", "code"),
            registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "kirakat_http_seconds", "Seconds to an answer", ("route",), buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self._items = Counter(
            "kirakat_resolve_items", "Items answered by resolve", ("status",),
            registry=self.registry,
        )  # fmt: skip
        self._cache = Counter(
            "kirakat_cache", "Looks into a cache", ("kind", "result"), registry=self.registry
        )
        self._unlogged = Counter(
            "kirakat_unlogged_decisions", "Decisions that are not written down", ("reason",),
            registry=self.registry,
        )  # fmt: skip
        self._ready = Histogram(
            "kirakat_time_to_ready_seconds", "Seconds from first asking to ready",
            buckets=_LONG, registry=self.registry,
        )  # fmt: skip
        self.cache_hits = {
            kind: (self._cache.labels(kind, "hit"), self._cache.labels(kind, "miss"))
            for kind in ("plan", "creative", "image")
        }
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._statuses: dict[str, Counter] = {}

    def answered(self, route: str, method: str, code: int, seconds: float) -> None:
        """Count a request."""
        label = (route, method, code)
        found = self._children.get(label)
        if found is None:
            found = (self._requests.labels(route, method, str(code)), self._seconds.labels(route))
            self._children[label] = found
        found[0].inc()
        found[1].observe(seconds)

    def looked(self, kind: str, hits: int, misses: int) -> None:
        """Count looks into a cache."""
        hit, miss = self.cache_hits[kind]
        if hits:
            hit.inc(hits)
        if misses:
            miss.inc(misses)

    def item(self, status: str, count: int) -> None:
        """Count answered items."""
        child = self._statuses.get(status)
        if child is None:
            child = self._statuses[status] = self._items.labels(status)
        child.inc(count)

    def unlogged(self, reason: str, count: int = 1) -> None:
        """Count decisions that are not learned from."""
        self._unlogged.labels(reason).inc(count)

    def became_ready(self, seconds: float) -> None:
        """Note how long a creative took."""
        self._ready.observe(seconds)
