"""Callbacks go out by the schedule, with one id an event, whoever dies."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from ssrfguard.httpx import Client

from kirakat.clock import FrozenClock
from kirakat.engine.worker.send_callbacks import CallbackSender
from kirakat.engine.worker.webhooks.deliver import DeliveryLimits, open_callback_client
from kirakat.store.ask import ask
from kirakat.store.callbacks import claim_callbacks, list_callbacks
from kirakat.store.database import Database
from kirakat.store.endpoints import create_endpoint, get_endpoint
from kirakat.store.records import CallbackRecord, Move
from kirakat.store.transitions import publish
from tests.support.asks import NOW, SHOP, claim, enter_shop, later, some_ask, some_image
from tests.support.installation import eventually
from tests.unit.webhooks.receiver import Receiver, running_receiver

_LIMITS = DeliveryLimits(allow_private_addresses=True, timeout=5.0)


@dataclass
class Post:
    """A sender, where it sends to, and a clock that stands."""

    database: Database
    receiver: Receiver
    client: Client
    clock: FrozenClock
    endpoint_id: str

    @property
    def sender(self) -> CallbackSender:
        """Another sender on the same rows."""
        return CallbackSender(self.database, _image_url, limits=_LIMITS, clock=self.clock)

    def rows(self) -> list[CallbackRecord]:
        """All callbacks."""
        with self.database.reading() as connection:
            return list_callbacks(connection, SHOP, limit=1000)


def _finish(database: Database, number: int, ticket: str) -> None:
    """Ask for a creative and make it ready."""
    wanted = some_ask(number)
    with database.writing() as connection:
        ask(connection, [wanted], "online", now=NOW)
    claim(database, ticket)
    move = Move(
        merchant_id=SHOP, key=wanted.key, revision=0, origin="rendering",
        target="ready", reason="", actor="e1",
    )  # fmt: skip
    with database.writing() as connection:
        publish(connection, move, some_image(), now=later(3601))


def _image_url(_merchant: str, sha256: str, image_format: str) -> str:
    return f"https://images.example/i/{sha256}.{image_format}"


@pytest.fixture
def post(
    database: Database, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Post]:
    """One creative that has become ready, and the endpoint whose path is the parameter."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    enter_shop(database)
    with running_receiver() as receiver, open_callback_client(_LIMITS) as client:
        with database.writing() as connection:
            endpoint = create_endpoint(connection, SHOP, receiver.address(request.param), now=NOW)
        _finish(database, 0, "t0")
        clock = FrozenClock(later(3602))
        yield Post(database, receiver, client, clock, endpoint.endpoint_id)


@pytest.mark.parametrize("post", ["/204"], indirect=True)
def test_a_ready_creative_is_called_back_once(post: Post) -> None:
    """If it were not, a recommender would go on showing the plain picture."""
    assert post.sender.send_due(post.client) == 1
    assert post.sender.send_due(post.client) == 0
    (row,) = post.rows()
    ((_, headers, body),) = post.receiver.came
    assert (row.state, row.attempts) == ("delivered", 1)
    assert headers["webhook-id"] == row.webhook_id
    data = json.loads(body)["data"]
    assert data["image_url"] == _image_url("", some_image().sha256, "jpeg")
    assert data["change"] == 2


@pytest.mark.parametrize("post", ["/500"], indirect=True)
def test_a_failure_is_tried_again_with_the_same_id(post: Post) -> None:
    """If the id changed, a receiver would count one event twice."""
    post.sender.send_due(post.client)
    assert post.sender.send_due(post.client) == 0
    post.clock.advance(7)
    assert post.sender.send_due(post.client) == 1
    (row,) = post.rows()
    assert (row.state, row.attempts, row.last_code) == ("failed", 2, 500)
    assert {headers["webhook-id"] for _, headers, _ in post.receiver.came} == {row.webhook_id}


@pytest.mark.parametrize("post", ["/500"], indirect=True)
def test_after_the_whole_schedule_a_callback_is_dead(post: Post) -> None:
    """If it were not, an address that is gone would be called for ever."""
    for _ in range(10):
        assert post.sender.send_due(post.client) == 1
        post.clock.advance(30 * 3600)
    assert post.sender.send_due(post.client) == 0
    assert [row.state for row in post.rows()] == ["dead"]


@pytest.mark.parametrize("post", ["/410"], indirect=True)
def test_gone_disables_the_endpoint(post: Post) -> None:
    """If it did not, a receiver could not get rid of us."""
    post.sender.send_due(post.client)
    with post.database.reading() as connection:
        endpoint = get_endpoint(connection, SHOP, post.endpoint_id)
    assert (endpoint.enabled, [row.state for row in post.rows()]) == (False, ["disabled"])


@pytest.mark.parametrize("post", ["/204"], indirect=True)
def test_what_a_dead_sender_claimed_is_sent_by_the_next(post: Post) -> None:
    """If it were not, a crash between claim and POST would swallow the event."""
    with post.database.writing() as connection:
        now = post.clock.now()
        claim_callbacks(connection, now=now, lease_until=later(3702))
    assert post.sender.send_due(post.client) == 0
    post.clock.advance(120)
    assert post.sender.send_due(post.client) == 1
    assert [row.state for row in post.rows()] == ["delivered"]


@pytest.mark.parametrize("post", ["/moved", "/silent"], indirect=True)
def test_a_redirect_and_a_silence_are_failures_like_any_other(post: Post) -> None:
    """If a redirect were followed, a merchant could lead us anywhere; silence is no answer."""
    limits = DeliveryLimits(allow_private_addresses=True, timeout=0.3, deadline=0.6)
    sender = CallbackSender(post.database, _image_url, limits=limits, clock=post.clock)
    with open_callback_client(limits) as client:
        assert sender.send_due(client) == 1
        assert sender.send_due(client) == 0
    (row,) = post.rows()
    assert (row.state, row.attempts) == ("failed", 1)
    assert row.next_at > post.clock.now()
    assert len(post.receiver.came) == 1


@pytest.mark.parametrize("post", ["/silent"], indirect=True)
def test_a_silent_endpoint_keeps_nobody_else_waiting(post: Post) -> None:
    """If it did, one merchant's dead server would delay everybody's callbacks."""
    sender = post.sender
    sender.start()
    eventually(lambda: len(post.receiver.came) == 1)
    with post.database.writing() as connection:
        create_endpoint(connection, SHOP, post.receiver.address("/204"), now=NOW)
    _finish(post.database, 1, "t1")
    begin = time.monotonic()
    eventually(lambda: "delivered" in {row.state for row in post.rows()})
    waited = time.monotonic() - begin
    post.receiver.over.set()
    sender.stop()
    assert waited < _LIMITS.timeout


@pytest.mark.parametrize("post", ["/204"], indirect=True)
def test_what_is_due_at_one_endpoint_goes_in_one_message(post: Post) -> None:
    """If it did not, a catalogue of a million pictures would be a million requests."""
    for number in range(1, 120):
        _finish(post.database, number, f"t{number}")
    assert [post.sender.send_due(post.client) for _ in range(3)] == [100, 20, 0]
    rows = post.rows()
    assert {row.state for row in rows} == {"delivered"}
    bodies = [json.loads(body) for _, _, body in post.receiver.came]
    events = [event for body in bodies for event in body["data"]["events"]]
    assert [event["id"] for event in events] == [row.webhook_id for row in rows]
    assert {event["data"]["verdict"] for event in events} == {"pass"}
