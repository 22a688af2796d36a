"""How a page says no."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from kirakat.review.web.templates import show
from kirakat.review.web.visit import Visit

_TITLES = {
    401: "Signed out",
    403: "Not allowed",
    404: "Not here",
    409: "Somebody was faster",
    422: "That cannot be",
    429: "Too many tries",
    503: "Out of order",
}


def refuse(visit: Visit, status: int, message: str) -> Response:
    """A page, or JSON for scripts, that says why not."""
    message = message[:1].upper() + message[1:500]
    if visit.wants_json:
        return JSONResponse({"message": message}, status_code=status)
    return show(visit, "web/refused.html.j2", status=status, title=_TITLES[status], message=message)
