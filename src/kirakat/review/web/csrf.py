"""Requests that change something must come from our own pages.

Three things at once: a token that only our pages know, cookies that are not sent along with other
sites' forms (SameSite), and the browser's own word where it gives one (Origin, Sec-Fetch-Site).
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.requests import Request

from kirakat.review.desk import Desk

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADER = "x-csrf-token"


def csrf_token(secret: str, key: bytes) -> str:
    """The token that belongs to a session or sign-in form with that secret."""
    return hmac.new(key, b"csrf " + secret.encode(), "sha256").hexdigest()


def is_own(request: Request, sent: str, expected: str, desk: Desk) -> bool:
    """Whether an unsafe request was made by one of our pages."""
    if not expected or not hmac.compare_digest(sent.encode(), expected.encode()):
        return False
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or _is_ours(origin, request, desk)


def _is_ours(origin: str, request: Request, desk: Desk) -> bool:
    """Our public address, or the one that the browser itself called."""
    return origin == desk.origin or urlsplit(origin).netloc == request.headers.get("host", "")
