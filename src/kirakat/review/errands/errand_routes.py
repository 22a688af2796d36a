"""`/review/errands/{errand_id}`: how far an errand is; asked once a second until it ends."""

from __future__ import annotations

from starlette.responses import Response

from kirakat.review.web.templates import show
from kirakat.review.web.visit import Visit
from kirakat.store.errands import Errand, get_errand

# Seconds after which people are told that a worker may be missing.
_LONG = 15.0


def show_errand(visit: Visit) -> Response:
    """A part of a page: waiting, what came of it, or why nothing did."""
    with visit.desk.database.reading() as connection:
        errand = get_errand(connection, visit.merchant_id, str(visit.path("errand_id")))
    return errand_part(visit, errand)


def errand_part(visit: Visit, errand: Errand) -> Response:
    """The part of a page that shows one errand; a photo that came loads the page again."""
    waited = (visit.desk.clock.now() - errand.created_at).total_seconds()
    is_slow = errand.state == "queued" and waited > _LONG
    response = show(
        visit, "errands/_errand.html.j2", errand=errand, waited=round(waited), is_slow=is_slow
    )
    if errand.kind == "source" and errand.state == "done":
        response.headers["HX-Refresh"] = "true"
    return response
