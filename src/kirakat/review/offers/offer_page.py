"""`/review/offers/{id}`: one offer."""

from __future__ import annotations

from starlette.responses import Response

from kirakat.review.offers.offer import read_offer
from kirakat.review.web.templates import show
from kirakat.review.web.told import told
from kirakat.review.web.visit import Visit


def show_offer(visit: Visit) -> Response:
    """Photo, fields, creatives with their history, and the switches."""
    offer_id = str(visit.path("offer_id"))
    with visit.desk.database.reading() as connection:
        view = read_offer(connection, visit.merchant_id, offer_id)
    link = view.offer.link
    return show(
        visit,
        "offers/offer.html.j2",
        view=view,
        offer=view.offer,
        link=link if link.startswith(("https://", "http://")) else "",
        told=told(visit),
    )
