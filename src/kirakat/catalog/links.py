"""Image links: which are addresses, which are files, and which are neither."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# Two letters at least, so that a Windows drive is not taken for a scheme.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")


def is_remote(link: str) -> bool:
    """Whether the link is an http(s) address."""
    return link[:8].lower().startswith(("http://", "https://"))


def link_problem(link: str) -> str:
    """What is wrong with an image link by its shape alone; empty when nothing is."""
    if not link:
        return "is empty"
    if _UNSAFE.search(link):
        return "contains a control character"
    if is_remote(link):
        return _address_problem(link)
    if link.startswith("//"):
        return "has no scheme; write https: in front"
    if _SCHEME.match(link):
        return "is neither an http(s) address nor a path"
    return ""


def _address_problem(link: str) -> str:
    if " " in link:
        return "contains a space; write %20"
    try:
        parts = urlsplit(link)
        port = parts.port
    except ValueError as error:
        return f"is no valid address ({error})"
    if not parts.hostname:
        return "names no host"
    return "has port 0" if port == 0 else ""
