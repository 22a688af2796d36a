"""One trace from the request over the queue to the callback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from kirakat import tracing
from kirakat.clock import FrozenClock
from kirakat.engine.worker.batcher import Batcher, Share
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.renderer import Claim
from kirakat.engine.worker.send_callbacks import CallbackSender
from kirakat.engine.worker.watched_renderer import WatchedRenderer
from kirakat.engine.worker.webhooks.deliver import DeliveryLimits, open_callback_client
from kirakat.store.creatives import waiting_creatives
from kirakat.store.database import Database
from kirakat.store.endpoints import create_endpoint
from kirakat.store.records import Move
from kirakat.store.tables import renders
from kirakat.store.transitions import publish
from tests.integration.service.case import eventually, open_case
from tests.support.asks import SHOP, claim, later, some_image
from tests.support.pixelless import PixellessRenderer
from tests.unit.webhooks.receiver import running_receiver

export = pytest.importorskip(
    "opentelemetry.sdk.trace.export", reason="needs kirakat[otel]: pip install 'kirakat[otel]'"
)
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")

_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
_PARENT = f"00-{_TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def spans() -> Iterator[list[object]]:
    """Spans that have ended."""
    exporter = memory.InMemorySpanExporter()
    tracing.start_with(export.SimpleSpanProcessor(exporter), process="test")
    yield exporter
    tracing.stop()


def _named(exporter: object, name: str) -> list[str]:
    """The trace of every span of that name."""
    found = exporter.get_finished_spans()  # type: ignore[attr-defined]
    return [f"{item.context.trace_id:032x}" for item in found if item.name == name]


@pytest.mark.parametrize("path", ["/v1/creatives:resolve", "/v1/generations"])
def test_a_request_its_render_and_its_callback_are_one_trace(
    database: Database, spans: object, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise nobody finds out where the minutes between asking and showing went."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    case = open_case(database)
    item = {"offer_id": "mug-0", "placement": "300x250", "treatment": "positioned"}
    body = {"items": [item]} if "resolve" in path else item
    with case.client:
        assert case.put_feed().status_code == 200
        answer = case.ask("POST", path, json=body, headers={"traceparent": _PARENT})
        assert answer.status_code < 300
        case.flush()
        with database.reading() as connection:
            eventually(lambda: bool(connection.execute(renders.select()).all()))
    assert _named(spans, f"POST {path}") == [_TRACE]

    _render(database)
    assert _named(spans, "render") == [_TRACE]
    _call_back(database)
    assert _named(spans, "callback") == [_TRACE]


def _render(database: Database) -> None:
    held = claim(database)
    assert held is not None
    with database.reading() as connection:
        keys = tuple(waiting_creatives(connection, held.render_id))
    claims = [[Claim(ticket="t1", render=held, keys=keys)]]
    batcher = Batcher(
        lambda _: claims.pop() if claims else [],
        WatchedRenderer(PixellessRenderer(), None),
        _settled,
        WorkerOptions(batch_wait=0),
    )
    thread = threading.Thread(target=batcher.run)
    thread.start()
    batcher.call().result(timeout=10)
    batcher.stop()
    thread.join(timeout=10)


def _settled(_: Share) -> Future[None]:
    done: Future[None] = Future()
    done.set_result(None)
    return done


def _call_back(database: Database) -> None:
    limits = DeliveryLimits(allow_private_addresses=True, timeout=5.0)
    clock = FrozenClock(at=later(86_400))
    with running_receiver() as receiver, open_callback_client(limits) as client:
        with database.writing() as connection:
            create_endpoint(connection, SHOP, receiver.address("/200"), now=later(0))
            (row,) = connection.execute(renders.select())
            (creative,) = waiting_creatives(connection, row.render_id)
            move = Move(
                merchant_id=SHOP, key=creative.key, revision=0, origin="rendering",
                target="ready", reason="", actor="e1",
            )  # fmt: skip
            publish(connection, move, some_image(), now=later(3601))
        sender = CallbackSender(
            database, lambda *_: "https://a.example/i", limits=limits, clock=clock
        )
        assert sender.send_due(client) == 1


def test_without_an_endpoint_nothing_is_traced() -> None:
    """Otherwise everybody pays for what few want."""
    tracing.start("", process="test")
    assert not tracing.is_on()
    assert tracing.current() == ""
    with tracing.span("nothing") as made:
        assert made is None
