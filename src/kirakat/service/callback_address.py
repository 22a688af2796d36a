"""Whether an address may be entered to be called back."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from kirakat.service.problems import ProblemError

_INNER = (".localhost", ".local", ".internal", ".localdomain")


def check_callback_address(url: str, *, allow_private_addresses: bool) -> None:
    """Refuse by its shape what will never be called; the sender checks every call besides.

    Raises `ProblemError` 422.
    """
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise ProblemError(422, f"url is no address: {error}") from error
    schemes = ("https", "http") if allow_private_addresses else ("https",)
    if parts.scheme.lower() not in schemes:
        raise ProblemError(422, f"url must begin with {' or '.join(schemes)}://")
    if not host or parts.username or parts.password or not url.isprintable() or " " in url:
        raise ProblemError(422, "url must name a host, and neither user nor password")
    if not allow_private_addresses and _is_inner(host):
        raise ProblemError(422, "url must be on the public internet")


def _is_inner(host: str) -> bool:
    name = host.lower()
    if name == "localhost" or name.endswith(_INNER) or ("." not in name and ":" not in name):
        return True
    try:
        return not ipaddress.ip_address(name.partition("%")[0]).is_global
    except ValueError:
        # Numbers in other spellings than four parts, such as 0x7f.1, are nobody's name.
        return name.rpartition(".")[2][:1].isdigit()
