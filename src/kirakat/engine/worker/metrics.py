"""What Prometheus reads of a worker: `kirakat worker --metrics-port`."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram

from kirakat.engine.worker.renderer import Claim, Outcome

_SIZES = (1, 2, 4, 8, 16, 32, 64)
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class WorkerMetrics:
    """Figures of one worker process, with a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._sizes = Histogram(
            "kirakat_worker_batch_renders", "Renders that were made together", buckets=_SIZES,
            registry=self.registry,
        )  # fmt: skip
        self._batches = Histogram(
            "kirakat_worker_batch_seconds", "Seconds that a batch took", buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self._steps = Histogram(
            "kirakat_worker_step_seconds", "Seconds of a step for one picture", ("step",),
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._pictures = Counter(
            "kirakat_worker_pictures", "Keys by what came of them", ("outcome",),
            registry=self.registry,
        )  # fmt: skip

    def rendered(
        self, claims: Sequence[Claim], outcomes: Sequence[Outcome], seconds: float
    ) -> None:
        """Note a batch; no outcomes for one that failed as a whole."""
        self._sizes.observe(len(claims))
        self._batches.observe(seconds)
        if not outcomes:
            self._pictures.labels("batch failed").inc(sum(len(claim.keys) for claim in claims))
        for outcome in outcomes:
            self._note(outcome)

    def _note(self, outcome: Outcome) -> None:
        for picture in outcome.pictures.values():
            self._pictures.labels(picture.verdict).inc()
            for step, seconds in picture.certificate.get("seconds", {}).items():
                self._steps.labels(step).observe(seconds)
        for failure in outcome.failures.values():
            self._pictures.labels("dead" if failure.permanent else "failed").inc()
