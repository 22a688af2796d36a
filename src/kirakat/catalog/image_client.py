"""The HTTP client for image links: it checks the address that it connects to.

`ssrfguard` resolves a name once, refuses every answer outside the public internet, and connects
to that very answer, so a name that changes between check and use gains nothing; redirects pass
the same gate. Proxies resolve names themselves and are refused.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from kirakat import __version__
from kirakat.catalog.fetch_limits import FetchLimits
from kirakat.errors import SettingsError

if TYPE_CHECKING:
    from ssrfguard import Policy
    from ssrfguard.httpx import Client

_PUBLIC_PORTS = frozenset({80, 443, 8080, 8443})


def open_image_client(limits: FetchLimits) -> Client:
    """A client for `fetch_image`; close it, or use it as a context manager.

    Safe to share between threads. Raises `SettingsError` when the environment names a proxy.
    """
    import httpx
    from ssrfguard import ProxyUnsupportedError
    from ssrfguard.httpx import Client

    try:
        return Client(
            policy=_policy(limits),
            follow_redirects=True,
            timeout=httpx.Timeout(limits.timeout),
            headers={
                "User-Agent": f"kirakat/{__version__}",
                "Accept": "image/*",
                # Pictures are compressed already, and a packed answer could unpack without end.
                "Accept-Encoding": "identity",
            },
        )
    except ProxyUnsupportedError as error:
        raise SettingsError(
            "a proxy is set in the environment (HTTP_PROXY or HTTPS_PROXY); image addresses "
            "cannot be checked through it: unset it, or fetch the pictures beforehand"
        ) from error


def _policy(limits: FetchLimits) -> Policy:
    from ssrfguard import Policy

    if not limits.allow_private_addresses:
        return Policy(max_redirects=limits.max_redirects, allowed_ports=_PUBLIC_PORTS)
    return Policy(
        max_redirects=limits.max_redirects,
        allowed_ports=frozenset(range(1, 65_536)),
        allowed_networks=(ip_network("0.0.0.0/0"), ip_network("::/0")),
    )
