"""Traces with OpenTelemetry, for those who want them: of requests, and of jobs through the queue.

Nothing of OpenTelemetry is imported before `start`. Whoever asks first for a render hands its
trace down: request, render and callback are one trace, whichever processes they run in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kirakat import __version__
from kirakat.errors import MissingExtraError

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.trace import Span, SpanKind, Tracer

Attributes = Mapping[str, str | int | float | bool]


@dataclass(frozen=True)
class _Tracing:
    provider: TracerProvider
    tracer: Tracer


_active: list[_Tracing] = []


def is_on() -> bool:
    """Whether anybody wants traces."""
    return bool(_active)


def start(endpoint: str, *, process: str) -> None:
    """Send traces to an OTLP endpoint over HTTP, like http://127.0.0.1:4318; "" wants none.

    Raises `MissingExtraError` when the extra `otel` is not installed.
    """
    if not endpoint:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise MissingExtraError("opentelemetry", "otel") from error
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    start_with(BatchSpanProcessor(exporter), process=process)


def start_with(processor: SpanProcessor, *, process: str) -> None:
    """Hand spans to a processor of one's own."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    resource = Resource.create({"service.name": process, "service.version": __version__})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(processor)
    _active[:] = [_Tracing(provider, provider.get_tracer("kirakat", __version__))]


def stop() -> None:
    """Send what waits, and trace no more."""
    for tracing in _active:
        tracing.provider.shutdown()
    _active.clear()


def current() -> str:
    """The `traceparent` (W3C) of the span that one is in; empty where there is none."""
    if not _active:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


@contextmanager
def span(
    name: str, *, parent: str = "", kind: str = "INTERNAL", attributes: Attributes | None = None
) -> Iterator[Span | None]:
    """A span around the context, below the one of the `traceparent`, or below the present one.

    None while nobody wants traces. What is raised inside is noted on the span.
    """
    if not _active:
        yield None
        return
    context = _context_of(parent) if parent else None
    with _active[0].tracer.start_as_current_span(
        name, context=context, kind=_kind(kind), attributes=attributes
    ) as made:
        yield made


def record(
    name: str,
    *,
    parent: str,
    seconds: float,
    kind: str = "INTERNAL",
    attributes: Attributes | None = None,
    error: str = "",
) -> None:
    """A span that has just ended and lasted so long: for what many traces share."""
    if not _active or not parent:
        return
    import time

    from opentelemetry.trace import Status, StatusCode

    end = time.time_ns()
    made = _active[0].tracer.start_span(
        name, context=_context_of(parent), kind=_kind(kind), attributes=attributes,
        start_time=end - int(seconds * 1e9),
    )  # fmt: skip
    if error:
        made.set_status(Status(StatusCode.ERROR, error))
    made.end(end)


def _context_of(parent: str) -> Context:
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": parent}, context=Context())


def _kind(name: str) -> SpanKind:
    from opentelemetry.trace import SpanKind

    return SpanKind[name]
