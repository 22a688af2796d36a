"""What Prometheus reads of this process."""

from __future__ import annotations

from collections import Counter as TallyOf
from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
# Policy names with figures in them that are remembered.
_MANY = 1_000
_LONG = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 14_400)


class Metrics:
    """Counters of one service process, with a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        # Answered so far.
        self.requests = 0
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
        self._events = Counter(
            "kirakat_events", "Events that were sent", ("kind", "outcome"), registry=self.registry
        )
        self._features = Counter(
            "kirakat_features", "Features of contexts without a value that the schema knows",
            ("feature", "kind"), registry=self.registry,
        )  # fmt: skip
        self._policies = Counter(
            "kirakat_policy_decisions", "Decisions by the policy that made them", ("policy",),
            registry=self.registry,
        )  # fmt: skip
        self._snapshots = Counter(
            "kirakat_policy_snapshots", "Policy snapshots that were loaded or refused", ("result",),
            registry=self.registry,
        )  # fmt: skip
        self._decided: dict[str, Counter] = {}
        self._gaps: dict[tuple[str, str], Counter] = {}
        self.cache_hits = {
            kind: (self._cache.labels(kind, "hit"), self._cache.labels(kind, "miss"))
            for kind in ("plan", "creative", "image")
        }
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._statuses: dict[str, Counter] = {}

    def answered(self, route: str, method: str, code: int, seconds: float) -> None:
        """Count a request."""
        self.requests += 1
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

    def took_events(
        self, accepted: Iterable[tuple[str, str]], duplicates: int, refused: int
    ) -> None:
        """Count a batch: new events by kind and flag, and those that were not new or not good."""
        for (kind, flag), count in TallyOf(accepted).items():
            self._events.labels(kind, flag or "accepted").inc(count)
        for outcome, count in (("duplicate", duplicates), ("refused", refused)):
            if count:
                self._events.labels("any", outcome).inc(count)

    def features(self, missing: Sequence[str], unknown: Sequence[str]) -> None:
        """Count features that a context lacks, or whose value the schema does not know."""
        for kind, names in (("missing", missing), ("unknown", unknown)):
            for name in names:
                child = self._gaps.get((name, kind))
                if child is None:
                    child = self._gaps[name, kind] = self._features.labels(name, kind)
                child.inc()

    def decided(self, policy: str) -> None:
        """Count a decision; `policy` as it is logged, less the figures in its reason."""
        child = self._decided.get(policy)
        if child is None:
            if len(self._decided) > _MANY:
                self._decided.clear()
            child = self._decided[policy] = self._policies.labels(policy.partition(",")[0])
        child.inc()

    def snapshot(self, result: str) -> None:
        """Count a snapshot that was "loaded" or "refused"."""
        self._snapshots.labels(result).inc()

    def became_ready(self, seconds: float) -> None:
        """Note how long a creative took."""
        self._ready.observe(seconds)
