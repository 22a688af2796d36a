"""The HTTP client for image links, which may lead nowhere but to the public internet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kirakat.catalog.fetch_limits import FetchLimits
from kirakat.net.guarded_client import open_guarded_client, outside_policy

if TYPE_CHECKING:
    from ssrfguard import Policy
    from ssrfguard.httpx import Client


def open_image_client(limits: FetchLimits) -> Client:
    """A client for `fetch_image`; close it, or use it as a context manager.

    Safe to share between threads. Raises `SettingsError` when the environment names a proxy.
    """
    return open_guarded_client(
        _policy(limits),
        timeout=limits.timeout,
        headers={
            "Accept": "image/*",
            # Pictures are compressed already, and a packed answer could unpack without end.
            "Accept-Encoding": "identity",
        },
        follow_redirects=True,
    )


def _policy(limits: FetchLimits) -> Policy:
    return outside_policy(
        allow_private_addresses=limits.allow_private_addresses,
        max_redirects=limits.max_redirects,
    )
