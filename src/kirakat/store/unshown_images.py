"""Creatives whose photo no offer shows any more."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, exists, select

from kirakat.store.tables import creatives, offers

_GONE = ("retired", "cancelled")


def unshown_images(
    connection: Connection, merchant_id: str, *, among: Sequence[str] | None = None
) -> list[str]:
    """Source images of live creatives that no active offer of the merchant has, sorted.

    Of the images `among`, or of all.
    """
    shown = exists().where(
        offers.c.merchant_id == creatives.c.merchant_id,
        offers.c.image_id == creatives.c.image_id,
        offers.c.active,
    )
    statement = (
        select(creatives.c.image_id)
        .where(creatives.c.merchant_id == merchant_id, creatives.c.state.not_in(_GONE), ~shown)
        .distinct()
        .order_by(creatives.c.image_id)
    )
    if among is not None:
        statement = statement.where(creatives.c.image_id.in_(among))
    return list(connection.execute(statement).scalars())
