"""One offer with everything that was made of it, and what happened to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, or_, select

from kirakat.errors import NotFoundError
from kirakat.review.standing import Standing, standing_of
from kirakat.store.bulk import AnyRow, as_record
from kirakat.store.catalogs import list_catalogs
from kirakat.store.controls import STRICTEST_FIRST, list_controls
from kirakat.store.json_records import from_json
from kirakat.store.records import OfferRecord, Transition
from kirakat.store.review_records import Control
from kirakat.store.tables import creatives, offers, source_images, transitions
from kirakat.types import Offer

# Creatives that are shown, and changes of each.
_MOST, _CHANGES = 300, 30
_FIELDS = (
    "brand", "color", "material", "price", "product_type", "google_product_category",
    "item_group_id", "description",
)  # fmt: skip


class Change(NamedTuple):
    """One step of a creative's history."""

    at: datetime
    origin: str
    target: str
    reason: str
    actor: str


@dataclass(frozen=True, kw_only=True)
class Made:
    """One creative of the offer."""

    key: str
    revision: int
    state: str
    standing: Standing
    reason: str
    arm: str
    treatment: str
    placement: str
    width: int | None
    height: int | None
    sha256: str | None
    attempt: int
    updated_at: datetime
    # First asked for with another offer of the same photo; empty: with this one.
    of_offer: str
    history: Sequence[Change]

    @property
    def can_retry(self) -> bool:
        """Whether it can be made again."""
        return self.state not in ("requested", "rendering")


@dataclass(frozen=True, kw_only=True)
class OfferView:
    """What the page shows."""

    offer: Offer
    # Names of the catalogues that have it, and of those that had it.
    catalogs: Sequence[str]
    gone_from: Sequence[str]
    image_id: str
    photo: str | None
    photo_error: str
    fields: Sequence[tuple[str, str]]
    # Of the offer itself, by kind.
    orders: Mapping[str, Control]
    # The strictest order about its catalogues or the merchant; None without.
    above: Control | None
    creatives: Sequence[Made]
    is_cut: bool

    @property
    def stopped(self) -> bool:
        """Whether nothing may be made of it now."""
        return bool(self.orders) or self.above is not None


def read_offer(connection: Connection, merchant_id: str, offer_id: str) -> OfferView:
    """An offer of the merchant; raises `NotFoundError`."""
    found = _rows(connection, merchant_id, offer_id)
    if not found:
        raise NotFoundError("There is no such offer.")
    shown = next((row for row in found if row.active), found[0])
    photo = connection.execute(
        select(source_images.c.sha256, source_images.c.error).where(
            source_images.c.image_id == shown.image_id,
            source_images.c.merchant_id == merchant_id,
        )
    ).one_or_none()
    catalogs = [row.catalog for row in found if row.active]
    orders = list_controls(connection, merchant_id)
    made = _creatives(connection, merchant_id, offer_id, shown.image_id)
    return OfferView(
        offer=shown.offer,
        catalogs=catalogs,
        gone_from=[row.catalog for row in found if not row.active],
        image_id=shown.image_id,
        photo=photo.sha256 if photo else None,
        photo_error=photo.error if photo else "",
        fields=_fields(shown.offer),
        orders={
            order.kind: order
            for order in orders
            if (order.scope, order.name) == ("offer", offer_id)
        },
        above=_above(orders, catalogs),
        creatives=made[:_MOST],
        is_cut=len(made) > _MOST,
    )


def _rows(connection: Connection, merchant_id: str, offer_id: str) -> list[OfferRecord]:
    """By catalogue; the names make the search one in the primary key."""
    names = [item.name for item in list_catalogs(connection, merchant_id)]
    statement = (
        select(offers)
        .where(offers.c.merchant_id == merchant_id, offers.c.catalog.in_(names))
        .where(offers.c.offer_id == offer_id)
        .order_by(offers.c.catalog)
    )
    return [
        as_record(OfferRecord, row, offer=from_json(Offer, row.record))
        for row in connection.execute(statement)
    ]


def _above(orders: Sequence[Control], catalogs: Sequence[str]) -> Control | None:
    places = {("merchant", ""), *(("catalog", name) for name in catalogs)}
    found = [order for order in orders if (order.scope, order.name) in places]
    return min(found, key=lambda order: STRICTEST_FIRST.index(order.kind), default=None)


def _fields(offer: Offer) -> list[tuple[str, str]]:
    known = [(name.replace("_", " "), str(getattr(offer, name))) for name in _FIELDS]
    further = [(name, str(value)) for name, value in sorted(offer.attributes.items())]
    return [(name, value) for name, value in [*known, *further] if value]


def _creatives(
    connection: Connection, merchant_id: str, offer_id: str, image_id: str
) -> list[Made]:
    columns = creatives.c
    statement = (
        select(creatives)
        .where(columns.merchant_id == merchant_id)
        .where(or_(columns.image_id == image_id, columns.offer_id == offer_id))
        .order_by(columns.placement_name, columns.arm, columns.key)
        .limit(_MOST + 1)
    )
    rows = list(connection.execute(statement))
    told = _history(connection, merchant_id, [row.key for row in rows])
    return [_made(row, offer_id, told[row.key]) for row in rows]


def _made(row: AnyRow, offer_id: str, history: Sequence[Change]) -> Made:
    return Made(
        key=row.key, revision=row.revision, state=row.state, standing=standing_of(row.state),
        reason=row.reason, arm=row.arm, treatment=row.treatment, placement=row.placement_name,
        width=row.width, height=row.height, sha256=row.sha256, attempt=row.attempt,
        updated_at=row.updated_at, of_offer="" if row.offer_id == offer_id else row.offer_id,
        history=history,
    )  # fmt: skip


def _history(
    connection: Connection, merchant_id: str, keys: Sequence[str]
) -> dict[str, list[Change]]:
    """Changes by key, the newest first."""
    statement = (
        select(transitions)
        .where(transitions.c.key.in_(keys), transitions.c.merchant_id == merchant_id)
        .order_by(transitions.c.sequence.desc())
    )
    found: dict[str, list[Change]] = defaultdict(list)
    for row in connection.execute(statement):
        item = as_record(Transition, row)
        if len(found[item.key]) < _CHANGES:
            found[item.key].append(
                Change(item.at, item.origin, item.target, item.reason, item.actor)
            )
    return found
