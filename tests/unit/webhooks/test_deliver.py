"""Deliveries to a real server, and to addresses that are not allowed."""

from __future__ import annotations

import socket

import pytest
from ssrfguard.httpx import Client

from kirakat.client import verify
from kirakat.client.events import CreativeEvent
from kirakat.engine.worker.webhooks.deliver import (
    EXCERPT_BYTES,
    DeliveryLimits,
    DeliveryResult,
    Endpoint,
    deliver,
    open_callback_client,
)
from kirakat.engine.worker.webhooks.payload import Message, build_message
from kirakat.engine.worker.webhooks.sign import Secret, new_secret
from kirakat.errors import SettingsError
from tests.unit.webhooks.receiver import Receiver

SECRET = new_secret()


@pytest.fixture
def message(ready: CreativeEvent) -> Message:
    """One event's message."""
    return build_message([ready])


def _endpoint(url: str, secret: Secret = SECRET) -> Endpoint:
    return Endpoint(endpoint_id="a", url=url, secrets=[secret])


def _post(client: Client, receiver: Receiver, path: str, message: Message) -> DeliveryResult:
    return deliver(client, _endpoint(receiver.address(path)), message)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_2xx_is_delivered(
    client: Client, receiver: Receiver, message: Message, status: int
) -> None:
    """If it were not, a callback that arrived would be sent ten times."""
    assert _post(client, receiver, f"/{status}", message).outcome == "delivered"


def test_what_arrives_verifies(
    client: Client, receiver: Receiver, message: Message, ready: CreativeEvent
) -> None:
    """If it did not, the client library would refuse the service's own callbacks."""
    _post(client, receiver, "/200", message)
    [(_, headers, body)] = receiver.came
    assert verify(headers, body, [SECRET.value]).events == (ready,)


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_errors_are_retried(
    client: Client, receiver: Receiver, message: Message, status: int
) -> None:
    """If they were not, one bad deployment at the receiver would lose events."""
    result = _post(client, receiver, f"/{status}", message)
    assert (result.outcome, result.status) == ("retry", status)


def test_410_disables(client: Client, receiver: Receiver, message: Message) -> None:
    """If it did not, an endpoint that is gone on purpose would be called for three days."""
    assert _post(client, receiver, "/410", message).outcome == "disabled"


@pytest.mark.parametrize("path", ["/moved", "/lures"])
def test_redirects_are_failures(
    client: Client, receiver: Receiver, message: Message, path: str
) -> None:
    """If they were followed, a callback could be led anywhere, signature and all."""
    result = _post(client, receiver, path, message)
    assert (result.outcome, result.status) == ("retry", 302)
    assert [came[0] for came in receiver.came] == [path]


def test_retry_after_is_reported(client: Client, receiver: Receiver, message: Message) -> None:
    """If it were not, a server that asks for a pause would be hit on schedule."""
    assert _post(client, receiver, "/wait/90", message).retry_after == 90.0


def test_silence_is_retried(receiver: Receiver, message: Message) -> None:
    """If it were waited out, one hanging endpoint would hold a worker."""
    limits = DeliveryLimits(allow_private_addresses=True, timeout=0.2)
    with open_callback_client(limits) as client:
        result = deliver(client, _endpoint(receiver.address("/silent")), message, limits=limits)
    assert (result.outcome, result.status) == ("retry", None)
    assert "in time" in result.detail


def test_a_trickle_is_cut_off(client: Client, receiver: Receiver, message: Message) -> None:
    """If it were not, a byte now and then would hold a worker for hours, timeouts or not."""
    limits = DeliveryLimits(allow_private_addresses=True, deadline=0.3)
    result = deliver(client, _endpoint(receiver.address("/trickle")), message, limits=limits)
    assert (result.outcome, result.detail) == ("retry", "no answer within 0.3 s")


def test_a_huge_answer_is_not_read(client: Client, receiver: Receiver, message: Message) -> None:
    """If it were, an endpoint could fill the worker's memory and the database."""
    result = _post(client, receiver, "/endless", message)
    assert result.excerpt == "y" * EXCERPT_BYTES
    # What the sockets' buffers take is beyond our say; 131 MB were on offer.
    assert receiver.taken < 20_000_000


def test_the_excerpt_is_plain_text(client: Client, receiver: Receiver, message: Message) -> None:
    """If control characters came through, PostgreSQL would refuse the row."""
    assert _post(client, receiver, "/500", message).excerpt == "a reason"


def test_nobody_listening_is_retried(client: Client, message: Message) -> None:
    """If it were an error, a receiver's restart would stop the worker."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    assert deliver(client, _endpoint(url), message).outcome == "retry"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://169.254.169.254/latest/",
        "http://10.0.0.7/",
        "https://user@example.com@127.0.0.1/",
        "http://1.1.1.1:22/",
        "file:///etc/passwd",
        "gopher://1.1.1.1/",
        "http://",
        "not an address",
    ],
)
def test_private_places_are_refused(url: str, message: Message) -> None:
    """If one were reached, a merchant could make the worker post into its own network."""
    with open_callback_client(DeliveryLimits()) as client:
        assert deliver(client, _endpoint(url), message).outcome == "refused"


def test_one_merchant_s_cookie_reaches_no_other(
    client: Client, receiver: Receiver, message: Message
) -> None:
    """If it did, endpoints on a shared host could follow each other's callbacks."""
    _post(client, receiver, "/cookie", message)
    _post(client, receiver, "/200", message)
    assert "cookie" not in receiver.came[1][1]


def test_a_proxy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """If it were used, it would resolve names past every check."""
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:3128")
    with pytest.raises(SettingsError, match="proxy"):
        open_callback_client(DeliveryLimits())
