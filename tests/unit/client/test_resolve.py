"""Resolving: the service's answer when there is one, the offer's own picture otherwise."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from kirakat.client import Breaker, CreativeCache, Item, Kirakat
from tests.unit.client.fake_service import FakeService

ITEM = Item(offer_id="mug", image_link="https://shop.example/mug.jpg", placement="300x250")
READY = {
    "offer_id": "mug",
    "status": "ready",
    "image_url": "https://images.example/i/ab.jpg",
    "key": "k1",
    "operation": None,
    "reason": None,
    "treatment_served": "generated",
    "arm": "kitchen-oak@2",
    "decision_id": "d1",
    "logged": True,
}


@pytest.fixture
def kirakat(service: FakeService) -> Iterator[Kirakat]:
    """A client of the service, with time enough for a busy test machine."""
    with Kirakat(service.address, api_key="key", budget=5.0) as client:
        yield client


def test_a_ready_creative_is_answered(kirakat: Kirakat, service: FakeService) -> None:
    """If it were not, no generated picture would ever be shown."""
    service.answer = {"items": [READY], "request_id": "r1"}
    resolved = kirakat.resolve([ITEM])
    [answer] = resolved.items
    assert (answer.image_url, answer.arm, answer.logged) == (READY["image_url"], READY["arm"], True)
    assert (resolved.request_id, resolved.failure) == ("r1", None)


def test_the_request_is_what_the_reference_says(kirakat: Kirakat, service: FakeService) -> None:
    """If it were not, the service would refuse or misread what clients ask."""
    sized = Item(
        offer_id="tee",
        image_link="https://shop.example/tee.jpg",
        placement={"width": 300, "height": 250},
        treatment="positioned",
        prompt="studio-white",
        position=2,
    )
    kirakat.resolve([ITEM, sized], context={"device": "phone"}, user="u-77")
    [(method, path, headers, body)] = service.came
    assert (method, path) == ("POST", "/v1/creatives:resolve")
    assert headers["authorization"] == "Bearer key"
    mug = {"offer_id": "mug", "placement": "300x250", "treatment": "generated", "prompt": "auto"}
    tee = {
        "offer_id": "tee",
        "placement": {"width": 300, "height": 250},
        "treatment": "positioned",
        "prompt": "studio-white",
        "position": 2,
    }
    assert json.loads(body) == {
        "catalog": "default",
        "items": [mug, tee],
        "context": {"device": "phone"},
        "user": "u-77",
    }


def test_an_item_without_an_address_gets_its_own(kirakat: Kirakat, service: FakeService) -> None:
    """If it did not, an offer that the service does not know would show a hole."""
    unknown = {**READY, "status": "unavailable", "image_url": None, "reason": "no such offer"}
    service.answer = {"items": [unknown], "request_id": "r1"}
    [answer] = kirakat.resolve([ITEM]).items
    assert (answer.image_url, answer.treatment_served) == (ITEM.image_link, "original")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>", id="html"),
        pytest.param(b"\xff\xfe", id="bytes"),
        pytest.param(b"[" * 200_000, id="deep"),
        pytest.param(b" " * 2_000_000, id="huge"),
        pytest.param({"items": []}, id="too few"),
        pytest.param({"items": [READY, READY]}, id="too many"),
        pytest.param({"items": [{**READY, "offer_id": "other"}]}, id="another offer"),
        pytest.param({"items": [{**READY, "status": "??"}]}, id="unknown status"),
        pytest.param({"items": [{**READY, "status": []}]}, id="status is a list"),
        pytest.param({"items": [{**READY, "image_url": 3}]}, id="address is a number"),
        pytest.param({"items": ["mug"]}, id="no object"),
        pytest.param([], id="no items"),
    ],
)
def test_an_unreadable_answer_is_answered_locally(
    kirakat: Kirakat, service: FakeService, answer: Any
) -> None:
    """If it raised, a broken deployment of the service would break every page of the shop."""
    service.answer = answer
    _assert_local(kirakat)


@pytest.mark.parametrize("status", [302, 401, 429, 500, 503])
def test_an_error_is_answered_locally(kirakat: Kirakat, service: FakeService, status: int) -> None:
    """If it raised, the service's trouble would be the shop's."""
    service.status = status
    assert str(status) in _assert_local(kirakat)


@pytest.mark.parametrize("answer", ["silent", "trickle"])
def test_a_slow_answer_is_answered_locally(service: FakeService, answer: str) -> None:
    """If it were waited for, pages would load as slowly as the service answers."""
    service.answer = answer
    with Kirakat(service.address, api_key="key", budget=0.1) as client:
        assert "100 ms" in _assert_local(client)


def test_nobody_listening_is_answered_locally() -> None:
    """If it raised, stopping the service would break the shop."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    with Kirakat(address, api_key="key", budget=5.0) as client:
        assert "ConnectError" in _assert_local(client)


def test_a_closed_client_answers_locally(service: FakeService) -> None:
    """If it raised, a shop that shuts down would fail its last requests."""
    client = Kirakat(service.address, api_key="key")
    client.close()
    _assert_local(client)


@pytest.mark.parametrize("context", [{"x": float("nan")}, {"x": object()}])
def test_a_context_that_is_no_json_is_answered_locally(
    kirakat: Kirakat, service: FakeService, context: dict[str, object]
) -> None:
    """If it raised, one odd feature would take the page down."""
    resolved = kirakat.resolve([ITEM], context=context)
    assert resolved.items[0].image_url == ITEM.image_link
    assert service.came == []


def test_too_many_items_are_answered_locally(kirakat: Kirakat, service: FakeService) -> None:
    """If they were sent, the service would refuse them all after a round trip."""
    resolved = kirakat.resolve([ITEM] * 101)
    assert len(resolved.items) == 101
    assert service.came == []


def test_after_failures_the_service_is_left_alone(service: FakeService) -> None:
    """If it were asked on, every page would wait the budget out while the service is down."""
    service.status, now = 500, [0.0]
    breaker = Breaker(failures=2, pause=1.0, monotonic=lambda: now[0])
    with Kirakat(service.address, api_key="key", budget=5.0, breaker=breaker) as client:
        for _ in range(5):
            _assert_local(client)
        asked_before = len(service.came)
        now[0] = 1.5
        service.status, service.answer = 200, {"items": [READY], "request_id": "r"}
        assert client.resolve([ITEM]).failure is None
        assert client.resolve([ITEM]).failure is None
    assert (asked_before, len(service.came)) == (2, 4)


def test_after_a_pause_one_request_goes_ahead() -> None:
    """If all went, a service that comes back would be hit by everybody at once."""
    now = [0.0]
    breaker = Breaker(failures=1, pause=1.0, monotonic=lambda: now[0])
    breaker.failed()
    now[0] = 1.0
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]


def test_what_is_ready_is_cached(service: FakeService) -> None:
    """If it were not, a recommender with a snapshot would know no addresses."""
    cache = CreativeCache()
    service.answer = {"items": [READY], "request_id": "r1"}
    with Kirakat(service.address, api_key="key", budget=5.0, cache=cache) as client:
        client.resolve([ITEM])
    assert cache.url("k1") == READY["image_url"]


def test_what_is_pending_is_not_cached(service: FakeService) -> None:
    """If it were, the original would be shown from the cache after the creative is ready."""
    cache = CreativeCache()
    service.answer = {"items": [{**READY, "status": "pending"}], "request_id": "r1"}
    with Kirakat(service.address, api_key="key", budget=5.0, cache=cache) as client:
        client.resolve([ITEM])
    assert cache.url("k1") is None


def _assert_local(client: Kirakat) -> str:
    resolved = client.resolve([ITEM])
    [answer] = resolved.items
    assert (answer.image_url, answer.status) == (ITEM.image_link, "unavailable")
    assert (answer.logged, answer.decision_id) == (False, None)
    assert answer.reason == resolved.failure
    return resolved.failure or ""
