"""After an act: back to the page, which then says what happened."""

from __future__ import annotations

import hmac
from urllib.parse import quote, urlencode

from starlette.responses import JSONResponse, RedirectResponse, Response

from kirakat.review.web.visit import Visit

_LONGEST = 300


def back_with(visit: Visit, message: str) -> Response:
    """To the page of the same address, with a message; for scripts the message alone."""
    if visit.wants_json:
        return JSONResponse({"message": message})
    message = message[:_LONGEST]
    query = urlencode({"told": message, "by": _mark(visit, message)})
    return RedirectResponse(f"{quote(visit.request.scope['path'])}?{query}", 303)


def told(visit: Visit) -> str:
    """The message that the page is to show: ours, for this session; nobody can link to one."""
    message, sent = visit.query("told"), visit.query("by")
    is_ours = hmac.compare_digest(sent.encode(), _mark(visit, message).encode())
    return message if is_ours else ""


def _mark(visit: Visit, message: str) -> str:
    return hmac.new(visit.csrf.encode(), b"told " + message.encode(), "sha256").hexdigest()[:32]
