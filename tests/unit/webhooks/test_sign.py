"""Signatures, checked by the Standard Webhooks package and by plain HMAC."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone

import pytest

from kirakat.client import CallbackRefusedError, verify
from kirakat.client.events import CreativeEvent
from kirakat.engine.worker.webhooks.payload import Message, build_message
from kirakat.engine.worker.webhooks.sign import OVERLAP, Secret, live, new_secret, rotate, sign
from kirakat.errors import KirakatError

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
MESSAGE = Message(webhook_id="m1", body=b'{"a":1}')


def _now() -> datetime:
    return datetime.now(UTC)


def test_signature_is_the_published_formula() -> None:
    """If it were not, receivers in other languages could not verify."""
    secret = new_secret()
    headers = sign(MESSAGE, [secret], NOW)
    key = base64.b64decode(secret.value.removeprefix("whsec_"))
    signed = f"m1.{int(NOW.timestamp())}.".encode() + MESSAGE.body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_a_clock_in_another_zone_signs_the_same() -> None:
    """If it did not, a worker whose clock says CET would be refused as an hour off."""
    secret = new_secret()
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5)))
    assert sign(MESSAGE, [secret], elsewhere) == sign(MESSAGE, [secret], NOW)


def test_a_callback_verifies(ready: CreativeEvent) -> None:
    """If it did not, no recommender would take any callback."""
    secret, message = new_secret(), build_message([ready])
    headers = sign(message, [secret], _now())
    assert verify(headers, message.body, [secret.value]).events == (ready,)


@pytest.mark.parametrize("known", [0, 1], ids=["new", "old"])
def test_while_secrets_rotate_either_one_verifies(ready: CreativeEvent, known: int) -> None:
    """If only one did, callbacks would be lost while a merchant changes the secret."""
    now = _now()
    secrets = rotate([new_secret()], now)
    message = build_message([ready])
    headers = sign(message, secrets, now)
    assert len(headers["webhook-signature"].split(" ")) == 2
    assert verify(headers, message.body, [secrets[known].value]).events == (ready,)


def test_the_old_secret_stops_after_the_overlap() -> None:
    """If it went on, a leaked secret could never be taken out of use."""
    held = rotate([new_secret()], NOW)
    assert live(held, NOW + OVERLAP) == held[:1]


def test_rotating_twice_does_not_prolong_the_oldest() -> None:
    """If it did, whoever rotates daily would keep every secret alive."""
    held = rotate(rotate([new_secret()], NOW), NOW + timedelta(hours=12))
    assert [secret.until for secret in held] == [
        None,
        NOW + timedelta(hours=36),
        NOW + timedelta(hours=24),
    ]


def test_another_secret_is_refused(ready: CreativeEvent) -> None:
    """If it were accepted, anybody could retire a merchant's creatives."""
    message = build_message([ready])
    headers = sign(message, [new_secret()], _now())
    with pytest.raises(CallbackRefusedError, match="signature"):
        verify(headers, message.body, [new_secret().value])


def test_no_live_secret_is_an_error() -> None:
    """If unsigned callbacks went out, receivers would learn to accept them."""
    with pytest.raises(KirakatError, match="no live secret"):
        sign(MESSAGE, [Secret(value=new_secret().value, until=NOW)], NOW)


@pytest.mark.parametrize("value", ["whsec_", "whsec_%%%", "whsec_abc"])
def test_a_malformed_secret_is_an_error(value: str) -> None:
    """If it were repaired, both sides might repair it differently."""
    with pytest.raises(KirakatError, match="secret"):
        sign(MESSAGE, [Secret(value=value)], NOW)


def test_a_secret_does_not_show_in_logs() -> None:
    """If it did, whoever reads logs could forge callbacks."""
    secret = new_secret()
    assert secret.value not in repr([secret])
