"""An HTTP client for addresses that strangers wrote: it checks the address it connects to.

`ssrfguard` resolves a name once, refuses every answer outside the public internet, and connects
to that very answer, so a name that changes between check and use gains nothing; redirects pass
the same gate. Proxies resolve names themselves and are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from typing import TYPE_CHECKING

from kirakat import __version__
from kirakat.errors import SettingsError

if TYPE_CHECKING:
    from ssrfguard import Policy
    from ssrfguard.httpx import Client

_PUBLIC_PORTS = frozenset({80, 443, 8080, 8443})


def outside_policy(*, allow_private_addresses: bool, max_redirects: int = 3) -> Policy:
    """The public internet on the web's ports, or everything where private addresses are allowed.

    `max_redirects` counts only where the client follows redirects.
    """
    from ssrfguard import Policy

    if not allow_private_addresses:
        return Policy(max_redirects=max_redirects, allowed_ports=_PUBLIC_PORTS)
    return Policy(
        max_redirects=max_redirects,
        allowed_ports=frozenset(range(1, 65_536)),
        allowed_networks=(ip_network("0.0.0.0/0"), ip_network("::/0")),
    )


def open_guarded_client(
    policy: Policy,
    *,
    timeout: float,
    headers: Mapping[str, str],
    follow_redirects: bool,
    keep_connections: bool = True,
) -> Client:
    """A client that goes where `policy` allows; close it, or use it as a context manager.

    `timeout` is the seconds to wait for a connection and for each next piece of an answer.
    Safe to share between threads: no cookie is kept, so one address learns nothing of another.
    Raises `SettingsError` when the environment names a proxy.
    """
    import httpx
    from ssrfguard import ProxyUnsupportedError
    from ssrfguard.httpx import Client

    try:
        client = Client(
            policy=policy,
            follow_redirects=follow_redirects,
            timeout=httpx.Timeout(timeout),
            limits=httpx.Limits(
                max_connections=100, max_keepalive_connections=20 if keep_connections else 0
            ),
            headers={"User-Agent": f"kirakat/{__version__}", **headers},
        )
    except ProxyUnsupportedError as error:
        raise SettingsError(
            "a proxy is set in the environment (HTTP_PROXY or HTTPS_PROXY); addresses that "
            "others wrote cannot be checked through it: unset it, or fetch pictures beforehand"
        ) from error
    _keep_no_cookies(client)
    return client


def _keep_no_cookies(client: Client) -> None:
    from http.cookiejar import DefaultCookiePolicy

    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
