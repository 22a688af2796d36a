"""Products to try a prompt with."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, func, or_, select

from kirakat.prompts.category import category_of
from kirakat.store.json_records import from_json
from kirakat.store.tables import offers, source_images
from kirakat.types import Offer

# Offers looked through for those of a category, and offered to choose from.
_LOOKED_THROUGH, _OFFERED = 400, 8


class Product(NamedTuple):
    """One to be ticked."""

    offer_id: str
    title: str
    # Of its photo; empty where it was never fetched.
    sha256: str


def preview_offers(
    connection: Connection, merchant_id: str, category: str, known: Collection[str], query: str
) -> list[Product]:
    """Products of the category, or whatever the query finds by title or id."""
    title = offers.c.record["title"].as_string()
    statement = (
        select(offers.c.offer_id, offers.c.record, source_images.c.sha256)
        .outerjoin(source_images, source_images.c.image_id == offers.c.image_id)
        .where(offers.c.merchant_id == merchant_id, offers.c.active)
        .order_by(source_images.c.sha256.is_(None), offers.c.offer_id)
        .limit(_LOOKED_THROUGH)
    )
    words = query.strip().lower()
    if words:
        texts = (func.lower(title), func.lower(offers.c.offer_id))
        statement = statement.where(or_(*(text.contains(words, autoescape=True) for text in texts)))
    found: list[Product] = []
    for row in connection.execute(statement):
        offer = from_json(Offer, row.record)
        if words or category_of(offer, known).category == category:
            found.append(Product(row.offer_id, offer.title, row.sha256 or ""))
        if len(found) == _OFFERED:
            break
    return found
