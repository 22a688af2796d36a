"""One attempt to deliver one message to one endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from kirakat.clock import Clock, SystemClock
from kirakat.engine.worker.webhooks.cut_off import CutOff
from kirakat.engine.worker.webhooks.payload import Message
from kirakat.engine.worker.webhooks.schedule import read_retry_after
from kirakat.engine.worker.webhooks.sign import Secret, sign
from kirakat.net.guarded_client import open_guarded_client, outside_policy

if TYPE_CHECKING:
    import httpx
    from ssrfguard.httpx import Client

# Bytes of a failure's answer that are kept for the merchant to see; the rest is never read.
EXCERPT_BYTES = 4096
Outcome = Literal["delivered", "retry", "disabled", "refused"]


@dataclass(frozen=True, kw_only=True)
class DeliveryLimits:
    """What one attempt may cost and reach."""

    # Seconds to wait for a connection, and for each next piece of an answer.
    timeout: float = 10.0
    # Seconds that the attempt may take in all, however steadily the answer trickles.
    deadline: float = 20.0
    # Whether loopback, private and link-local addresses, and any port, may be reached.
    allow_private_addresses: bool = False


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where a merchant wants to be called back."""

    endpoint_id: str
    url: str
    secrets: Sequence[Secret]


@dataclass(frozen=True, kw_only=True)
class DeliveryResult:
    """What came of one attempt."""

    # delivered: 2xx. retry: anything that may pass. disabled: 410, the endpoint wants no more.
    # refused: the address is not allowed, and nothing was sent.
    outcome: Outcome
    # None when there was no answer.
    status: int | None
    # One line for a person.
    detail: str
    # Seconds that the server asks to wait.
    retry_after: float | None = None
    # Beginning of a failure's answer, as text.
    excerpt: str = ""
    # How long it took.
    seconds: float = 0.0


def open_callback_client(limits: DeliveryLimits) -> Client:
    """The client for `deliver`; safe to share between threads, to be closed at the end.

    Redirects are never followed, and connections are not kept, so that every attempt can be
    ended by its deadline. Raises `SettingsError` when the environment names a proxy.
    """
    return open_guarded_client(
        outside_policy(allow_private_addresses=limits.allow_private_addresses),
        timeout=limits.timeout,
        headers={"Accept": "*/*", "Accept-Encoding": "identity"},
        follow_redirects=False,
        keep_connections=False,
    )


def deliver(
    client: Client,
    endpoint: Endpoint,
    message: Message,
    *,
    limits: DeliveryLimits | None = None,
    clock: Clock | None = None,
) -> DeliveryResult:
    """Sign `message` for this attempt, post it, and say what came of it.

    Only 2xx is a success; a redirect is a failure like any other. Network trouble is a result,
    not an error. Raises `KirakatError` when the endpoint has no live secret.
    """
    bounds, watch = limits or DeliveryLimits(), clock or SystemClock()
    now = watch.now()
    headers = {"Content-Type": "application/json", **sign(message, endpoint.secrets, now)}
    started = watch.monotonic()
    with CutOff(bounds.deadline) as cut:
        result = _post(client, endpoint.url, message.body, headers, cut, now)
    if result.status is None and cut.passed:
        result = replace(result, detail=f"no answer within {bounds.deadline:g} s")
    return replace(result, seconds=watch.monotonic() - started)


def _post(
    client: Client, url: str, body: bytes, headers: dict[str, str], cut: CutOff, now: datetime
) -> DeliveryResult:
    import httpx
    from ssrfguard import SSRFGuardError

    try:
        with client.stream(
            "POST", url, content=body, headers=headers, extensions=cut.extensions
        ) as response:
            return _read(response, now)
    except (SSRFGuardError, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        return DeliveryResult(outcome="refused", status=None, detail=f"refused: {error}")
    except httpx.TimeoutException:
        return DeliveryResult(outcome="retry", status=None, detail="no answer in time")
    except (httpx.RequestError, OSError) as error:
        detail = f"{type(error).__name__} {error}".strip()
        return DeliveryResult(outcome="retry", status=None, detail=detail)


def _read(response: httpx.Response, now: datetime) -> DeliveryResult:
    status = response.status_code
    if 200 <= status < 300:
        return DeliveryResult(outcome="delivered", status=status, detail=f"answered {status}")
    detail = f"answered {status}"
    if 300 <= status < 400:
        detail += "; redirects are not followed: give the final address"
    return DeliveryResult(
        outcome="disabled" if status == 410 else "retry",
        status=status,
        detail=detail,
        retry_after=read_retry_after(response.headers.get("retry-after", ""), now),
        excerpt=_excerpt(response),
    )


def _excerpt(response: httpx.Response) -> str:
    """The answer's beginning; whatever breaks while it arrives, the status is known."""
    import httpx

    kept = bytearray()
    try:
        for piece in response.iter_raw():
            kept += piece
            if len(kept) >= EXCERPT_BYTES:
                break
    except (httpx.RequestError, OSError) as error:
        kept += f" [{type(error).__name__}]".encode()
    text = bytes(kept[:EXCERPT_BYTES]).decode("utf-8", "replace")
    return "".join(char if char.isprintable() else " " for char in text).strip()
