"""`/v1/catalogs/{name}/offers` and `/v1/offers/{id}`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from kirakat.errors import NotFoundError
from kirakat.service.routes.deps import PLAIN, CatalogName, Limit, Reader, WithParts, problems
from kirakat.service.schemas import OfferBody, OfferPage
from kirakat.store.catalogs import get_catalog, list_offers, offers_by_id
from kirakat.store.records import OfferRecord

router = APIRouter(tags=["catalogs"])


@router.get("/v1/catalogs/{name}/offers", responses=problems(404))
def offers(
    name: CatalogName,
    caller: Reader,
    parts: WithParts,
    after: Annotated[
        str, Query(max_length=200, pattern=PLAIN, description="`next` of the page before.")
    ] = "",
    limit: Limit = 100,
) -> OfferPage:
    """A page of a catalogue's offers, by id."""
    with parts.database.reading() as connection:
        get_catalog(connection, caller.merchant_id, name)
        page = list_offers(connection, caller.merchant_id, name, after=after, limit=limit + 1)
    following = page[limit - 1].offer.offer_id if len(page) > limit else None
    return OfferPage(offers=[_body(item) for item in page[:limit]], next=following)


@router.get("/v1/offers/{offer_id:path}", responses=problems(404))
def offer(
    offer_id: Annotated[str, Path(min_length=1, max_length=200, pattern=PLAIN)],
    caller: Reader,
    parts: WithParts,
) -> OfferBody:
    """One offer; of several catalogues that have it, the first by name holds."""
    with parts.database.reading() as connection:
        found = offers_by_id(connection, caller.merchant_id, (offer_id,))
    if offer_id not in found:
        raise NotFoundError(f"no offer {offer_id}")
    return _body(found[offer_id])


def _body(record: OfferRecord) -> OfferBody:
    item = record.offer
    return OfferBody(
        catalog=record.catalog,
        offer_id=item.offer_id,
        title=item.title,
        image_link=item.image_link,
        description=item.description,
        link=item.link,
        price=item.price,
        brand=item.brand,
        color=item.color,
        material=item.material,
        product_type=item.product_type,
        google_product_category=item.google_product_category,
        item_group_id=item.item_group_id,
        additional_image_links=list(item.additional_image_links),
        attributes=dict(item.attributes),
        updated_at=record.updated_at,
    )
