"""What the list shows of each offer: its photo, and how it stands in every placement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from kirakat.review.standing import STANDINGS, Standing, standing_of
from kirakat.store.review_records import ControlKind
from kirakat.store.tables import creatives, source_images
from kirakat.store.tables_review import controls


@dataclass(frozen=True, kw_only=True)
class PlacementLine:
    """An offer in one placement."""

    placement: str
    standing: Standing
    # Creatives that are ready.
    ready: int


@dataclass(frozen=True, kw_only=True)
class OfferLine:
    """One offer."""

    offer_id: str
    title: str
    # Hash of the photo; None until it was fetched.
    photo: str | None
    # Why it was not.
    photo_error: str
    placements: Sequence[PlacementLine]
    orders: Sequence[ControlKind]


def offer_lines(
    connection: Connection, merchant_id: str, found: Sequence[tuple[str, str, str]]
) -> list[OfferLine]:
    """Lines for a page of offers, in their order."""
    images = sorted({image_id for _, _, image_id in found})
    photos = _photos(connection, images)
    states = _states(connection, merchant_id, images)
    orders = _orders(connection, merchant_id, [offer_id for offer_id, _, _ in found])
    return [
        OfferLine(
            offer_id=offer_id,
            title=title,
            photo=photos.get(image_id, (None, ""))[0],
            photo_error=photos.get(image_id, (None, ""))[1],
            placements=[
                _placement(name, standings)
                for name, standings in sorted(states.get(image_id, {}).items())
            ],
            orders=orders.get(offer_id, []),
        )
        for offer_id, title, image_id in found
    ]


def _placement(name: str, standings: Sequence[Standing]) -> PlacementLine:
    best = min(standings, key=STANDINGS.index)
    return PlacementLine(placement=name, standing=best, ready=standings.count("ready"))


def _photos(connection: Connection, images: Sequence[str]) -> dict[str, tuple[str | None, str]]:
    columns = source_images.c
    rows = connection.execute(
        select(columns.image_id, columns.sha256, columns.error).where(columns.image_id.in_(images))
    )
    return {row.image_id: (row.sha256, row.error) for row in rows}


def _states(
    connection: Connection, merchant_id: str, images: Sequence[str]
) -> dict[str, dict[str, list[Standing]]]:
    columns = creatives.c
    rows = connection.execute(
        select(columns.image_id, columns.placement_name, columns.state).where(
            columns.merchant_id == merchant_id,
            columns.image_id.in_(images),
            columns.treatment != "original",
        )
    )
    found: dict[str, dict[str, list[Standing]]] = defaultdict(lambda: defaultdict(list))
    for image_id, placement, state in rows:
        found[image_id][placement].append(standing_of(state))
    return found


def _orders(
    connection: Connection, merchant_id: str, offer_ids: Sequence[str]
) -> dict[str, list[ControlKind]]:
    rows = connection.execute(
        select(controls.c.name, controls.c.kind)
        .where(controls.c.merchant_id == merchant_id, controls.c.scope == "offer")
        .where(controls.c.name.in_(offer_ids))
        .order_by(controls.c.name, controls.c.kind)
    )
    found: dict[str, list[ControlKind]] = defaultdict(list)
    for name, kind in rows:
        found[name].append(kind)
    return found
