"""A page of a catalogue's offers by id: a bounded stretch of the index, however large it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select

from kirakat.review.catalogues.filters import OfferFilters
from kirakat.review.standing import STANDINGS, rank_column
from kirakat.store.tables import creatives, offers, source_images
from kirakat.store.tables_review import controls

# Offers that one statement looks through, and statements of one page.
_STRETCH, _STRETCHES = 4_000, 10


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page of offers."""

    # (offer id, title, id of its photo), by id.
    offers: Sequence[tuple[str, str, str]]
    # Where the next page begins; empty: that was all.
    next_after: str


def find_offers(
    connection: Connection,
    merchant_id: str,
    catalog: str,
    filters: OfferFilters,
    *,
    after: str = "",
    limit: int = 50,
) -> Found:
    """Active offers after an id. A page may be short, or empty, with more to come: a search looks
    through 40,000 offers at most.
    """
    found: list[tuple[str, str, str]] = []
    for _ in range(_STRETCHES if filters.active else 1):
        last = _end_of_stretch(connection, merchant_id, catalog, after)
        statement = _matching(merchant_id, catalog, filters, after, last)
        rows = connection.execute(statement.limit(limit + 1 - len(found))).all()
        found += [(row.offer_id, row.title or "", row.image_id) for row in rows]
        if len(found) > limit:
            return Found(offers=found[:limit], next_after=found[limit - 1][0])
        if not last:
            return Found(offers=found, next_after="")
        after = last
    return Found(offers=found, next_after=after)


def _end_of_stretch(connection: Connection, merchant_id: str, catalog: str, after: str) -> str:
    """The last id of the stretch; empty when it reaches the catalogue's end."""
    statement = (
        select(offers.c.offer_id)
        .where(*_beyond(merchant_id, catalog, after))
        .order_by(offers.c.offer_id)
        .offset(_STRETCH - 1)
        .limit(1)
    )
    return connection.execute(statement).scalar_one_or_none() or ""


def _matching(
    merchant_id: str, catalog: str, filters: OfferFilters, after: str, last: str
) -> Select[Any]:
    columns = offers.c
    title = columns.record["title"].as_string()
    statement = (
        select(columns.offer_id, title.label("title"), columns.image_id)
        .where(*_beyond(merchant_id, catalog, after), columns.active)
        .order_by(columns.offer_id)
    )
    if last:
        statement = statement.where(columns.offer_id <= last)
    if filters.q:
        text = filters.q.lower()
        statement = statement.where(
            or_(
                func.lower(columns.offer_id).startswith(text, autoescape=True),
                func.lower(title).contains(text, autoescape=True),
            )
        )
    if filters.show or filters.placement:
        statement = statement.where(_stands(merchant_id, filters))
    return statement


def _beyond(merchant_id: str, catalog: str, after: str) -> tuple[ColumnElement[bool], ...]:
    columns = offers.c
    return (
        columns.merchant_id == merchant_id,
        columns.catalog == catalog,
        columns.offer_id > after,
    )


def _stands(merchant_id: str, filters: OfferFilters) -> ColumnElement[bool]:
    """Whether an offer of the outer statement is as the filters say."""
    if filters.show == "photo":
        return exists().where(
            source_images.c.image_id == offers.c.image_id,
            source_images.c.sha256.is_(None),
            source_images.c.error != "",
        )
    if filters.show == "stopped":
        return exists().where(
            controls.c.merchant_id == merchant_id,
            controls.c.scope == "offer",
            controls.c.name == offers.c.offer_id,
        )
    best = select(func.min(rank_column())).where(
        creatives.c.merchant_id == merchant_id,
        creatives.c.image_id == offers.c.image_id,
        creatives.c.treatment != "original",
    )
    if filters.placement:
        best = best.where(creatives.c.placement_name == filters.placement)
    standing = func.coalesce(best.scalar_subquery(), len(STANDINGS) - 1)
    if not filters.show:
        # A placement alone: everything that was ever asked for in it.
        return standing < len(STANDINGS) - 1
    names: Sequence[str] = STANDINGS
    return standing == names.index(filters.show)
