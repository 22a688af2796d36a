"""Generations, operations and changes: beside the request path, so errors are raised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kirakat.client import CreativeEvent, Item, Kirakat, ServiceError
from kirakat.engine.worker.webhooks.payload import event_json
from tests.unit.client.events import make_event
from tests.unit.client.fake_service import FakeService

ITEM = Item(offer_id="mug", image_link="https://shop.example/mug.jpg", placement="300x250")
PENDING: dict[str, Any] = {
    "name": "operations/k1",
    "done": False,
    "metadata": {"state": "requested", "revision": 1},
}


@pytest.fixture
def kirakat(service: FakeService) -> Iterator[Kirakat]:
    """A client of the service."""
    with Kirakat(service.address, api_key="key") as client:
        yield client


@pytest.fixture
def event() -> CreativeEvent:
    """A creative became ready."""
    return make_event("creative.ready", "k1", sequence=1, change=5)


def test_a_generation_is_an_operation(kirakat: Kirakat, service: FakeService) -> None:
    """If it were not, nobody could wait for what was ordered."""
    service.status, service.answer = 202, PENDING
    operation = kirakat.generate(ITEM)
    assert (operation.key, operation.done) == ("k1", False)
    assert service.came[0][:2] == ("POST", "/v1/generations")


def test_a_failed_operation_says_why(kirakat: Kirakat, service: FakeService) -> None:
    """If it did not, a merchant could not mend the offer."""
    error = {"code": 9, "message": "the photo shows no product"}
    service.answer = {**PENDING, "done": True, "error": error}
    assert kirakat.operation("k1").error == error


def test_a_key_cannot_lead_elsewhere(kirakat: Kirakat, service: FakeService) -> None:
    """If it could, a key from outside would choose what is asked with the merchant's API key."""
    service.answer = PENDING
    kirakat.cancel("../../v1/catalogs/x?")
    assert service.came[0][1] == "/v1/operations/..%2F..%2Fv1%2Fcatalogs%2Fx%3F:cancel"


def test_changes_are_read(kirakat: Kirakat, service: FakeService, event: CreativeEvent) -> None:
    """If they were not, a lost callback could never be made up for."""
    service.answer = {"changes": [event_json(event)], "next": 5, "more": False}
    page = kirakat.changes(3)
    assert (page.changes, page.next, page.more) == ((event,), 5, False)
    assert service.came[0][1] == "/v1/changes?since=3&limit=1000"


def test_without_since_the_end_is_asked_for(kirakat: Kirakat, service: FakeService) -> None:
    """If it were the beginning, a fresh process would read years of changes."""
    service.answer = {"changes": [], "next": 900, "more": False}
    assert kirakat.changes().next == 900
    assert service.came[0][1] == "/v1/changes?limit=1000"


def test_changes_of_a_newer_service_are_passed_over(
    kirakat: Kirakat, service: FakeService, event: CreativeEvent
) -> None:
    """If they were errors, an update of the service would stop every recommender's healing."""
    newer = {**event_json(event), "type": "creative.admired"}
    service.answer = {"changes": [newer], "next": 6, "more": False}
    assert kirakat.changes(3).changes == ()


@pytest.mark.parametrize(
    "answer", [b"", b"{", [], {"changes": 1}, {"changes": ["x"], "next": 1}, {"name": 3}]
)
def test_an_unreadable_answer_is_an_error(
    kirakat: Kirakat, service: FakeService, answer: Any
) -> None:
    """If it passed, healing would believe that nothing has changed."""
    service.answer = answer
    with pytest.raises(ServiceError):
        kirakat.changes(0)


def test_a_problem_is_told(kirakat: Kirakat, service: FakeService) -> None:
    """If it were not, the caller could not tell a wrong key from an outage."""
    service.status, service.answer = 403, {"title": "Wrong scope"}
    with pytest.raises(ServiceError, match="403 Wrong scope") as caught:
        kirakat.operation("k1")
    assert caught.value.status == 403


def test_nobody_listening_is_an_error() -> None:
    """If it were another exception, callers would have to know httpx."""
    with (
        Kirakat("http://127.0.0.1:9", api_key="key", timeout=1.0) as client,
        pytest.raises(ServiceError),
    ):
        client.changes(0)
