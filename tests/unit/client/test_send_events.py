"""Events reach the service once, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kirakat.client import EventsNotSentError, Kirakat, ServiceError, ShopperEvent
from kirakat.client.send_events import send_all
from tests.unit.client.fake_service import FakeService

CLICKS = [ShopperEvent(kind="click", decision_id=f"d{number}") for number in range(2500)]


class _Service:
    """Takes batches; fails as often as it is told to before each."""

    def __init__(self, *, failures: int = 0, status: int | None = 503) -> None:
        self.failures, self.status = failures, status
        self.left = failures
        self.bodies: list[Mapping[str, Any]] = []
        self.slept: list[float] = []

    def post(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Take a batch, or fail."""
        self.bodies.append(body)
        if self.left:
            self.left -= 1
            raise ServiceError("away", **({"status": self.status} if self.status else {}))
        self.left = self.failures
        errors = [{"index": 1, "event_id": "x", "reason": "unknown decision"}]
        return {"accepted": len(body["events"]) - 2, "duplicates": 1, "errors": errors}


def test_many_events_go_in_batches() -> None:
    """If they did not, the service would refuse them all."""
    service = _Service()
    sent = send_all(CLICKS, service.post, patience=0.0)
    assert [len(body["events"]) for body in service.bodies] == [1000, 1000, 500]
    assert (sent.accepted, sent.duplicates) == (2494, 3)
    assert [item.event for item in sent.refused] == [CLICKS[1], CLICKS[1001], CLICKS[2001]]


@pytest.mark.parametrize("status", [None, 429, 503])
def test_what_fails_is_sent_again_under_the_same_ids(status: int | None) -> None:
    """If the ids changed, an answer that was lost would double the events."""
    service = _Service(failures=2, status=status)
    sent = send_all(CLICKS[:5], service.post, patience=5.0, sleep=service.slept.append)
    assert sent.accepted == 3
    assert service.bodies[0] == service.bodies[1] == service.bodies[2]
    assert service.slept == [0.2, 0.4]


def test_what_could_not_be_sent_comes_back() -> None:
    """If it did not, an outage longer than the patience would lose events."""
    service = _Service(failures=99)
    with pytest.raises(EventsNotSentError) as raised:
        send_all(CLICKS, service.post, patience=1.0, sleep=service.slept.append)
    assert raised.value.unsent == tuple(CLICKS)
    assert sum(service.slept) == pytest.approx(1.0)


def test_a_wrong_key_is_not_tried_again() -> None:
    """If it were, a mistake in the configuration would look like an outage."""
    service = _Service(failures=99, status=401)
    with pytest.raises(ServiceError):
        send_all(CLICKS[:1], service.post, patience=9.0, sleep=service.slept.append)
    assert len(service.bodies) == 1


def test_the_client_posts_them(service: FakeService) -> None:
    """If it did not, a recommender would have to write the request itself."""
    service.answer = {"accepted": 1, "duplicates": 0, "errors": []}
    event = ShopperEvent(kind="conversion", decision_id="d1", value=9.5)
    with Kirakat(service.address, api_key="key") as client:
        assert client.send_events([event]).accepted == 1
    assert service.came[0][:2] == ("POST", "/v1/events")
