"""A renderer that is watched: metrics of its batches, and a span in the trace of every claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kirakat import tracing
from kirakat.clock import Clock, SystemClock
from kirakat.engine.worker.renderer import Claim, Outcome, Renderer

if TYPE_CHECKING:
    from kirakat.engine.worker.metrics import WorkerMetrics


class WatchedRenderer:
    """A `Renderer` around another one; `metrics` is None where nobody reads them."""

    def __init__(
        self, inner: Renderer, metrics: WorkerMetrics | None, clock: Clock | None = None
    ) -> None:
        self._inner, self._metrics = inner, metrics
        self._clock = clock or SystemClock()

    def render(self, claims: Sequence[Claim]) -> list[Outcome]:
        """As the inner one, whatever it raises."""
        begin = self._clock.monotonic()
        try:
            outcomes = self._inner.render(claims)
        except Exception as error:  # raised again: it is only noted here
            self._note(claims, [], self._clock.monotonic() - begin, f"{type(error).__name__}")
            raise
        self._note(claims, outcomes, self._clock.monotonic() - begin, "")
        return outcomes

    def unload(self) -> None:
        """As the inner one."""
        self._inner.unload()

    def _note(
        self, claims: Sequence[Claim], outcomes: Sequence[Outcome], seconds: float, error: str
    ) -> None:
        if self._metrics is not None:
            self._metrics.rendered(claims, outcomes, seconds)
        for claim in claims:
            attributes: dict[str, str | int] = {
                "kirakat.render_id": claim.render.render_id,
                "kirakat.recipe": claim.render.recipe.label,
                "kirakat.batch": len(claims),
                "kirakat.attempt": claim.render.attempts,
            }
            tracing.record(
                "render", parent=claim.render.trace, seconds=seconds, kind="CONSUMER",
                attributes=attributes, error=error,
            )  # fmt: skip
