"""What a worker tells Prometheus."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from prometheus_client import generate_latest

from kirakat.engine.worker.metrics import WorkerMetrics
from kirakat.engine.worker.renderer import Claim, Failure, Outcome, Picture
from kirakat.engine.worker.watched_renderer import WatchedRenderer
from tests.support.claims import make_claim


class _Renderer:
    """Makes one picture and one dead letter, or fails."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.unloaded = False

    def render(self, claims: Sequence[Claim]) -> list[Outcome]:
        """An outcome for each claim."""
        if self.fails:
            raise MemoryError("the GPU is full")
        picture = Picture(
            data=b"", format="jpeg", width=1, height=1, verdict="pass", reason="",
            certificate={"seconds": {"encode": 0.2}}, gate={}, attempt=0,
        )  # fmt: skip
        failure = Failure(reason="no product", permanent=True)
        return [Outcome(pictures={"a": picture}, failures={"b": failure}) for _ in claims]

    def unload(self) -> None:
        """Note it."""
        self.unloaded = True


def _figures(metrics: WorkerMetrics) -> str:
    return generate_latest(metrics.registry).decode()


def test_batches_steps_and_outcomes_are_counted() -> None:
    """Otherwise nobody sees why pictures take longer than yesterday."""
    metrics = WorkerMetrics()
    WatchedRenderer(_Renderer(), metrics).render([make_claim(0), make_claim(1)])
    text = _figures(metrics)
    assert "kirakat_worker_batch_renders_sum 2.0" in text
    assert 'kirakat_worker_step_seconds_sum{step="encode"} 0.4' in text
    assert 'kirakat_worker_pictures_total{outcome="pass"} 2.0' in text
    assert 'kirakat_worker_pictures_total{outcome="dead"} 2.0' in text


def test_a_batch_that_fails_is_counted_and_still_fails() -> None:
    """Otherwise watching a renderer hides its errors from whoever splits the batch."""
    metrics = WorkerMetrics()
    with pytest.raises(MemoryError):
        WatchedRenderer(_Renderer(fails=True), metrics).render([make_claim(0)])
    assert 'outcome="batch failed"' in _figures(metrics)


def test_unloading_reaches_the_models() -> None:
    """Otherwise the memory cap unloads nothing."""
    inner = _Renderer()
    WatchedRenderer(inner, None).unload()
    assert inner.unloaded
