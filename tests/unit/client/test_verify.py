"""Callbacks that are taken, and those that are not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.client import CallbackRefusedError, CreativeCache, CreativeEvent, Inbox, verify
from kirakat.engine.worker.webhooks.payload import build_message, event_json
from tests.unit.client.events import make_event

KEY = b"0123456789abcdef0123456789abcdef"
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@pytest.fixture
def event() -> CreativeEvent:
    """A creative became ready."""
    return make_event("creative.ready", "k1", sequence=1, change=5)


def _headers(
    body: bytes, *, webhook_id: str = "m1", age: float = 0.0, key: bytes = KEY
) -> dict[str, str]:
    """Signed with the standard library alone, as another language would."""
    at = str(int((datetime.now(UTC) - timedelta(seconds=age)).timestamp()))
    mac = hmac.new(key, f"{webhook_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "Webhook-Id": webhook_id,
        "Webhook-Timestamp": at,
        "Webhook-Signature": "v1," + base64.b64encode(mac).decode(),
    }


def test_a_good_callback_is_read(event: CreativeEvent) -> None:
    """If it were not, nothing would ever become ready in a recommender."""
    body = build_message([event]).body
    callback = verify(_headers(body), body, [SECRET])
    assert (callback.webhook_id, callback.events) == ("m1", (event,))


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"age": 301.0}, id="old"),
        pytest.param({"age": -301.0}, id="from the future"),
        pytest.param({"key": b"another"}, id="another key"),
    ],
)
def test_a_bad_signature_is_refused(event: CreativeEvent, headers: dict[str, float]) -> None:
    """If it were accepted, old callbacks could be replayed and new ones made up."""
    body = build_message([event]).body
    with pytest.raises(CallbackRefusedError, match="signature"):
        verify(_headers(body, **headers), body, [SECRET])  # type: ignore[arg-type]


def test_a_changed_body_is_refused(event: CreativeEvent) -> None:
    """If it were accepted, whoever sits between could change the picture."""
    body = build_message([event]).body
    with pytest.raises(CallbackRefusedError, match="signature"):
        verify(_headers(body), body.replace(b"k1", b"k2"), [SECRET])


def test_a_changed_id_is_refused(event: CreativeEvent) -> None:
    """If it were accepted, one callback could be replayed under many ids."""
    body = build_message([event]).body
    with pytest.raises(CallbackRefusedError, match="signature"):
        verify({**_headers(body), "Webhook-Id": "m2"}, body, [SECRET])


@pytest.mark.parametrize(
    "signature", ["", "v1", "v1,", "v1,%%%", "v1,ä", "v2,abc", "x y z", "v1,a,b"]
)
def test_a_malformed_signature_is_refused(event: CreativeEvent, signature: str) -> None:
    """If it raised something else, a stranger could fill the receiver's error log."""
    body = build_message([event]).body
    with pytest.raises(CallbackRefusedError):
        verify({**_headers(body), "Webhook-Signature": signature}, body, [SECRET])


@pytest.mark.parametrize("missing", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_a_missing_header_is_refused(event: CreativeEvent, missing: str) -> None:
    """If it were forgiven, an attacker would simply leave it out."""
    body = build_message([event]).body
    headers = {name: value for name, value in _headers(body).items() if name != missing}
    with pytest.raises(CallbackRefusedError):
        verify(headers, body, [SECRET])


def test_without_secrets_everything_is_refused(event: CreativeEvent) -> None:
    """If it were accepted, a forgotten setting would open the endpoint to everybody."""
    body = build_message([event]).body
    with pytest.raises(CallbackRefusedError, match="no secret"):
        verify(_headers(body), body, [])


@given(st.binary())
def test_no_signed_body_raises_anything_else(body: bytes) -> None:
    """If one did, a fault of the service would be a crash of the recommender."""
    with pytest.raises(CallbackRefusedError):
        verify(_headers(body), body, [SECRET])


@pytest.mark.parametrize(
    "field", ["key", "revision", "sequence", "change", "merchant_id", "offer_id", "image_url"]
)
def test_a_missing_field_is_named(event: CreativeEvent, field: str) -> None:
    """If it were guessed, a creative could be cached under no key."""
    value = event_json(event)
    data = value["data"]
    assert isinstance(data, dict)
    del data[field]
    body = json.dumps(value).encode()
    with pytest.raises(CallbackRefusedError, match=field):
        verify(_headers(body), body, [SECRET])


@pytest.mark.parametrize(
    ("name", "change"),
    [("unknown type", {"type": "creative.admired"}), ("unknown field", {"mood": "sunny"})],
)
def test_what_a_newer_service_says_is_no_error(
    event: CreativeEvent, name: str, change: dict[str, str]
) -> None:
    """If it were, recommenders would have to be updated before the service."""
    body = json.dumps({**event_json(event), **change}).encode()
    expected = () if name == "unknown type" else (event,)
    assert verify(_headers(body), body, [SECRET]).events == expected


def test_duplicates_are_dropped(event: CreativeEvent) -> None:
    """If they were not, a retried callback would be dealt with twice."""
    inbox = Inbox([SECRET])
    body = build_message([event]).body
    first = inbox.receive(_headers(body), body)
    assert (first, inbox.receive(_headers(body), body)) == ((event,), ())


def test_an_event_alone_and_in_a_batch_is_the_same(event: CreativeEvent) -> None:
    """If it were not, a replayed batch would repeat what came alone."""
    inbox = Inbox([SECRET])
    second = make_event("creative.ready", "k2", sequence=2, change=6)
    alone, batch = build_message([event]).body, build_message([event, second]).body
    inbox.receive(_headers(alone), alone)
    assert inbox.receive(_headers(batch), batch) == (second,)


def test_what_was_forgotten_is_taken_again(event: CreativeEvent) -> None:
    """If it were not, an event whose handling failed would be lost."""
    inbox = Inbox([SECRET])
    body = build_message([event]).body
    inbox.forget(inbox.receive(_headers(body), body))
    assert inbox.receive(_headers(body), body) == (event,)


def test_the_memory_of_ids_is_bounded() -> None:
    """If it were not, a recommender would grow until it is killed."""
    inbox = Inbox([SECRET], remember=2)
    bodies = [
        build_message([make_event("creative.ready", f"k{n}", sequence=n, change=n)]).body
        for n in range(1, 4)
    ]
    taken = [len(inbox.receive(_headers(body), body)) for body in [*bodies, bodies[0]]]
    assert taken == [1, 1, 1, 1]


def test_the_cache_follows(event: CreativeEvent) -> None:
    """If it did not, callbacks would be verified for nothing."""
    cache = CreativeCache()
    body = build_message([event]).body
    Inbox([SECRET], cache=cache).receive(_headers(body), body)
    assert cache.url("k1") == event.image_url
