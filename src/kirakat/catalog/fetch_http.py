"""One image over http(s): retried, capped and refused where it leads to a private place."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kirakat.catalog.fetch_limits import FetchLimits
from kirakat.errors import ImageFetchError, ImageRefusedError

if TYPE_CHECKING:
    import httpx
    from ssrfguard.httpx import Client

# Longest pause that a server's Retry-After is granted, in seconds.
_MAX_PAUSE = 30.0
_ADVICE = {
    401: "the picture needs a login; give a public address",
    403: "the server refuses; let Kirakat's requests (User-Agent kirakat) through",
    404: "there is no such picture; mend image_link",
    410: "the picture is gone; mend image_link",
}


@dataclass(frozen=True, kw_only=True)
class HttpAnswer:
    """What a server said."""

    # None when the picture has not changed since the validators were given out.
    body: bytes | None
    # ETag and Last-Modified, as request headers for next time.
    validators: Mapping[str, str] = field(default_factory=dict)


class _TryAgainError(Exception):
    """This attempt failed in a way that another may not."""

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        # Seconds that the server asks for.
        self.pause = pause


def fetch_http(
    link: str,
    *,
    limits: FetchLimits,
    client: Client | None,
    validators: Mapping[str, str] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> HttpAnswer:
    """Get `link`, with `validators` from an earlier answer to ask only for what changed.

    The content type is not looked at: decoding decides what the bytes are. Raises
    `ImageRefusedError` for a forbidden address, redirect or size, and `ImageFetchError` when
    the server's last answer was an error.
    """
    if client is None:
        raise ImageRefusedError(f"{link}: this run stays off the network", link=link)
    for attempt in range(limits.retries + 1):
        try:
            return _attempt(link, limits, client, validators or {})
        except _TryAgainError as error:
            if attempt == limits.retries:
                raise ImageFetchError(
                    f"{link}: {error} after {attempt + 1} attempts; try again later, or raise "
                    "the timeout (KIRAKAT_FETCH_TIMEOUT)",
                    link=link,
                ) from error
            sleep(max(limits.backoff * 2**attempt, min(error.pause, _MAX_PAUSE)))
    raise AssertionError("unreachable: the last attempt returns or raises")


def _attempt(
    link: str, limits: FetchLimits, client: Client, validators: Mapping[str, str]
) -> HttpAnswer:
    import httpx
    from ssrfguard import SSRFGuardError

    try:
        with client.stream("GET", link, headers=dict(validators)) as response:
            return _read(response, link, limits)
    except SSRFGuardError as error:
        raise ImageRefusedError(f"{link}: refused, {error}", link=link) from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.TooManyRedirects) as error:
        raise ImageRefusedError(f"{link}: refused, {error}", link=link) from error
    except httpx.TimeoutException as error:
        raise _TryAgainError(f"no answer within {limits.timeout:g} s") from error
    except (httpx.RequestError, OSError) as error:
        raise _TryAgainError(f"{type(error).__name__} {error}".strip()) from error


def _read(response: httpx.Response, link: str, limits: FetchLimits) -> HttpAnswer:
    status = response.status_code
    if status == 304:
        return HttpAnswer(body=None)
    if status == 429 or status >= 500:
        raise _TryAgainError(f"answered {status}", _retry_after(response))
    if status != 200:
        advice = _ADVICE.get(status, "open it in a browser and mend image_link")
        raise ImageFetchError(f"{link}: answered {status}; {advice}", link=link, status=status)
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise ImageFetchError(
            f"{link}: sent with content-encoding, though it was asked for plain; switch "
            "compression of pictures off on that server",
            link=link,
        )
    return HttpAnswer(body=_capped(response, link, limits), validators=_validators(response))


def _retry_after(response: httpx.Response) -> float:
    value = response.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else 0.0


def _capped(response: httpx.Response, link: str, limits: FetchLimits) -> bytes:
    """The body, given up as soon as it is too large or too slow."""
    body = bytearray()
    end = time.monotonic() + limits.deadline
    for piece in response.iter_raw():
        body += piece
        if len(body) > limits.max_bytes:
            raise ImageRefusedError(
                f"{link}: larger than {limits.max_bytes / 1e6:g} MB; link to a smaller picture",
                link=link,
            )
        if time.monotonic() > end:
            raise _TryAgainError(f"still incomplete after {limits.deadline:g} s")
    return bytes(body)


def _validators(response: httpx.Response) -> dict[str, str]:
    pairs = {
        "If-None-Match": response.headers.get("etag"),
        "If-Modified-Since": response.headers.get("last-modified"),
    }
    return {name: value for name, value in pairs.items() if value}
