"""Fetch a feed from an address that a stranger wrote."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kirakat.errors import FeedError
from kirakat.net.guarded_client import open_guarded_client, outside_policy
from kirakat.service.unpack_feed import FeedTooLargeError

if TYPE_CHECKING:
    import httpx

# Seconds for the whole feed, however steadily it trickles.
_DEADLINE = 300.0


class FeedRefusedError(FeedError):
    """The feed's address is not allowed."""


class FeedFetchError(FeedError):
    """The feed could not be fetched."""


@dataclass(frozen=True, kw_only=True)
class FetchedFeed:
    """What an address answered."""

    # False when it is what the ETag stands for: nothing was fetched.
    is_new: bool
    etag: str
    # Without parameters, in lower case.
    media_type: str


def fetch_feed(
    url: str,
    target: Path,
    *,
    etag: str,
    max_bytes: int,
    timeout: float,
    allow_private_addresses: bool,
) -> FetchedFeed:
    """Write the feed at `url` to `target`, unless it still is what `etag` stands for.

    `timeout` is the seconds to wait for a connection and for each next piece. Raises
    `FeedRefusedError`, `FeedTooLargeError` and `FeedFetchError`.
    """
    import httpx
    from ssrfguard import SSRFGuardError

    policy = outside_policy(allow_private_addresses=allow_private_addresses)
    headers = {"Accept-Encoding": "identity", **({"If-None-Match": etag} if etag else {})}
    try:
        with (
            open_guarded_client(
                policy, timeout=timeout, headers={"Accept": "*/*"}, follow_redirects=True
            ) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            return _write(response, target, max_bytes)
    except (
        SSRFGuardError, httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.TooManyRedirects,
        UnicodeError,
    ) as error:  # fmt: skip
        raise FeedRefusedError(f"the feed's address is refused: {error}") from error
    except (httpx.HTTPError, OSError) as error:
        raise FeedFetchError(f"the feed could not be fetched: {type(error).__name__}") from error


def _write(response: httpx.Response, target: Path, max_bytes: int) -> FetchedFeed:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    etag = response.headers.get("etag", "")[:500]
    if response.status_code == 304:
        return FetchedFeed(is_new=False, etag=etag, media_type=kind)
    if response.status_code != 200:
        raise FeedFetchError(f"the feed's server answered {response.status_code}")
    end = time.monotonic() + _DEADLINE
    with target.open("wb") as file:
        for piece in response.iter_raw():
            max_bytes -= len(piece)
            if max_bytes < 0:
                raise FeedTooLargeError("the feed is larger than the service takes")
            if time.monotonic() > end:
                raise FeedFetchError(f"the feed is not whole after {_DEADLINE:g} s")
            file.write(piece)
    return FetchedFeed(is_new=True, etag=etag, media_type=kind)
