"""Figures that are read from the database and the buffers when Prometheus asks."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kirakat.service.parts import Parts
from kirakat.service.work_readings import WorkReadings


class Readings(Collector):
    """Gauges; those of the database are left out while it is down."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._work = WorkReadings(parts.database, parts.clock)

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
        yield from self._work.collect()

    def describe(self) -> Iterable[Metric]:
        """Nothing is read just to know the names."""
        return ()


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))
