"""Figures of the work that the database knows: the same for services and workers."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kirakat.clock import Clock
from kirakat.errors import StoreError
from kirakat.store.database import Database
from kirakat.store.jobs import queue_lengths
from kirakat.store.work_counts import count_callbacks, count_dead_renders

# Seconds for which figures are not read again.
_FRESH = 5.0


class WorkReadings(Collector):
    """Queue, callbacks and dead letters; nothing while the database is down."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._read_at = float("-inf")
        self._last: list[Metric] = []

    def collect(self) -> Iterable[Metric]:
        """All families."""
        now = self._clock.monotonic()
        if now - self._read_at < _FRESH:
            return self._last
        try:
            self._last = self._read()
        except StoreError:
            # Old figures would pass for new ones.
            self._last = []
        self._read_at = now
        return self._last

    def describe(self) -> Iterable[Metric]:
        """Nothing is read just to know the names."""
        return ()

    def _read(self) -> list[Metric]:
        with self._database.reading() as connection:
            lengths = queue_lengths(connection)
            sent = count_callbacks(connection)
            dead = count_dead_renders(connection)
        now = self._clock.now()
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
        letters = GaugeMetricFamily(
            "kirakat_dead_renders", "Renders that were given up", value=float(dead)
        )
        return [queue, age, callbacks, letters]
