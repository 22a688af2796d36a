"""A receiver, a client and an event for the callback tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from ssrfguard.httpx import Client

from kirakat.client.events import CreativeEvent
from kirakat.engine.worker.webhooks.deliver import DeliveryLimits, open_callback_client
from tests.unit.webhooks.receiver import Receiver, running_receiver

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A callback endpoint on this machine."""
    with running_receiver() as server:
        yield server


@pytest.fixture
def client() -> Iterator[Client]:
    """A client that may reach this machine."""
    with open_callback_client(DeliveryLimits(allow_private_addresses=True, timeout=5.0)) as opened:
        yield opened


@pytest.fixture
def ready() -> CreativeEvent:
    """A creative became ready."""
    return CreativeEvent(
        event_id="e1",
        type="creative.ready",
        at=datetime(2026, 11, 21, 8, 30, tzinfo=UTC),
        key="k1",
        revision=1,
        sequence=7,
        change=40,
        merchant_id="shop",
        offer_id="mug-naïve",
        placement="300x250",
        treatment="generated",
        arm="kitchen-oak@2",
        image_url="https://images.example/i/ab.jpg",
        width=300,
        height=250,
        format="jpeg",
        verdict="pass",
    )
