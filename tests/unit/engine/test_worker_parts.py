"""The small parts of a worker: patience, memory, delays, messages, plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kirakat.client.events import read_event
from kirakat.clock import FrozenClock
from kirakat.engine.port.engine import Job, jobs_of
from kirakat.engine.worker.callback_message import endpoint_of, message_of
from kirakat.engine.worker.memory import MemoryGuard, resident_bytes
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.patience import patiently
from kirakat.engine.worker.webhooks.sign import live
from kirakat.errors import ConflictError, StoreError
from kirakat.store.records import AskOutcome, CallbackRecord, Endpoint
from tests.support.asks import NOW, SHOP
from tests.support.pixelless import PixellessRenderer


def test_patience_outlasts_a_short_outage() -> None:
    """If it did not, a finished picture would be lost because the database restarted."""
    answers = [StoreError("away"), StoreError("away")]
    pauses: list[float] = []

    def action() -> str:
        if answers:
            raise answers.pop()
        return "done"

    assert patiently(action, limit=5, sleep=pauses.append) == "done"
    assert pauses == [0.1, 0.2]


def test_patience_ends() -> None:
    """If it did not, a worker could never stop while its database is away."""
    pauses: list[float] = []

    def action() -> None:
        raise StoreError("away")

    with pytest.raises(StoreError, match="away"):
        patiently(action, limit=5, sleep=pauses.append)
    assert 5 <= sum(pauses) <= 7


def test_patience_never_repeats_a_lost_race() -> None:
    """If it did, a worker that lost its claim would go on asking for it."""
    calls = []

    def action() -> None:
        calls.append(1)
        raise ConflictError("taken over")

    with pytest.raises(ConflictError):
        patiently(action, limit=5, sleep=lambda _: None)
    assert len(calls) == 1


def test_delays_grow() -> None:
    """If they did not, a render that fails would keep a worker busy."""
    options = WorkerOptions(retry=2.0)
    assert [options.retry_delay(tries) for tries in (1, 2, 3, 4)] == [2, 8, 32, 128]


@pytest.mark.parametrize(
    ("readings", "size", "unloaded"),
    [([50], 8, 0), ([150, 60], 8, 1), ([150, 120], 1, 1)],
)
def test_memory_above_the_cap_unloads_models(readings: list[int], size: int, unloaded: int) -> None:
    """If it did not, the system would kill the worker in the middle of a batch."""
    renderer = PixellessRenderer()
    guard = MemoryGuard(renderer, limit=100, resident=lambda: readings.pop(0))
    assert (guard.allowed(8), renderer.unloaded) == (size, unloaded)


def test_memory_is_measured() -> None:
    """If it were not, the cap would never be reached."""
    assert resident_bytes() > 1_000_000


def test_only_new_jobs_are_enqueued() -> None:
    """If every outcome made a job, asking again would make everything again."""
    known = AskOutcome(
        key="k", render_id="r", state="ready", revision=0, created=False, enqueue=False, round=0
    )
    new = [replace(known, key=key, render_id="s", enqueue=True, round=2) for key in "ab"]
    assert jobs_of([known, *new]) == {Job("s", 2)}


def _callback(event: str) -> CallbackRecord:
    return CallbackRecord(
        webhook_id="id", merchant_id=SHOP, endpoint_id="ep", sequence=7, event=event,  # type: ignore[arg-type]
        key="k", revision=1,
        payload={
            "timestamp": NOW.isoformat(),
            "data": {
                "reason": "", "offer_id": "o", "arm": "marble@2", "placement": "square",
                "treatment": "generated", "sha256": "ab", "format": "jpeg", "width": 10,
                "height": 20, "verdict": "pass",
            },
        },
        state="pending", attempts=1, next_at=NOW, last_code=None, error="",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["creative.ready", "creative.rejected", "creative.retired"])
def test_the_client_reads_what_the_worker_writes(name: str) -> None:
    """If it did not, no recommender would ever learn of a creative."""
    import json

    message = message_of(
        [_callback(name)], {"id": 42}, lambda _, sha, kind: f"https://i.example/{sha}.{kind}"
    )
    event = read_event(json.loads(message.body))
    assert event is not None
    assert (event.event_id, event.type, event.sequence, event.change) == ("id", name, 7, 42)
    is_ready = name == "creative.ready"
    assert event.image_url == ("https://i.example/ab.jpeg" if is_ready else None)
    assert event.verdict == ("pass" if is_ready else None)


def test_a_rotated_secret_signs_on_for_a_while() -> None:
    """If it did not, receivers would refuse callbacks while they change their secret."""
    record = Endpoint(
        endpoint_id="ep", merchant_id=SHOP, url="https://x.example", secret="new",  # noqa: S106
        old_secret="old", old_until=NOW, enabled=True, reason="", created_at=NOW,  # noqa: S106
    )  # fmt: skip
    secrets = endpoint_of(record).secrets
    before = live(secrets, NOW - timedelta(seconds=1))
    after = live(secrets, NOW + timedelta(seconds=1))
    assert ([item.value for item in before], [item.value for item in after]) == (
        ["new", "old"],
        ["new"],
    )


def test_a_frozen_clock_stays_with_sqlite() -> None:
    """If the shared clock drifted by itself, leases would end at random."""
    from kirakat.engine.worker.shared_clock import SharedClock

    assert SharedClock(FrozenClock(NOW)).now() == NOW
