"""Figures that are read from the database and the buffers when Prometheus asks."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kirakat.errors import StoreError
from kirakat.service.parts import Parts
from kirakat.store.jobs import queue_lengths
from kirakat.store.work_counts import count_callbacks, count_dead_renders

# Seconds for which figures from the database are not read again.
_FRESH = 5.0


class Readings(Collector):
    """Gauges; those of the database are left out while it is down."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._read_at = float("-inf")
        self._from_database: list[Metric] = []

    def collect(self) -> Iterable[Metric]:
        """All families."""
        parts = self._parts
        yield _gauge("kirakat_buffer_keys", "Keys that wait in memory", len(parts.demand))
        yield _gauge(
            "kirakat_buffer_decisions", "Decisions that wait in memory", len(parts.decisions)
        )
        yield _gauge(
            "kirakat_refused_keys", "Keys that the database refused", parts.flusher.refused
        )
        yield _gauge("kirakat_cache_entries", "Creatives remembered", len(parts.creatives))
        up = GaugeMetricFamily("kirakat_up", "Whether a part works", labels=["part"])
        for part in ("database", "blobs", "queue"):
            up.add_metric([part], float(part not in parts.health.down))
        yield up
        yield from self._database_figures()

    def describe(self) -> Iterable[Metric]:
        """Nothing is read just to know the names."""
        return ()

    def _database_figures(self) -> list[Metric]:
        now = self._parts.clock.monotonic()
        if now - self._read_at < _FRESH:
            return self._from_database
        try:
            self._from_database = self._read()
        except StoreError:
            # `kirakat_up` tells that; old figures would pass for new ones.
            self._from_database = []
        self._read_at = now
        return self._from_database

    def _read(self) -> list[Metric]:
        with self._parts.database.reading() as connection:
            lengths = queue_lengths(connection)
            sent = count_callbacks(connection)
            dead = count_dead_renders(connection)
        now = self._parts.clock.now()
        queue = GaugeMetricFamily(
            "kirakat_queue_renders", "Renders that have not ended", labels=["lane", "state"]
        )
        age = GaugeMetricFamily(
            "kirakat_queue_age_seconds", "Age of the oldest of them", labels=["lane", "state"]
        )
        for one in lengths:
            queue.add_metric([one.lane, one.state], one.renders)
            age.add_metric([one.lane, one.state], max(0.0, (now - one.oldest).total_seconds()))
        callbacks = GaugeMetricFamily(
            "kirakat_callbacks", "Callbacks by state and last answer", labels=["state", "code"]
        )
        for item in sent:
            callbacks.add_metric([item.state, str(item.code or "none")], item.callbacks)
        letters = _gauge("kirakat_dead_renders", "Renders that were given up", dead)
        return [queue, age, callbacks, letters]


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))
