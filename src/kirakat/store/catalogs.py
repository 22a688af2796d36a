"""Catalogues and their offers: what a feed brought, changed and took away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from kirakat.errors import NotFoundError
from kirakat.store.bulk import AnyRow, as_record, in_chunks
from kirakat.store.catalog_upload import CatalogUpload, in_batches
from kirakat.store.json_records import from_json
from kirakat.store.records import CatalogRecord, OfferChanges, OfferRecord
from kirakat.store.tables import catalogs, offers
from kirakat.types import Offer


def sync_offers(
    connection: Connection,
    merchant_id: str,
    catalog: str,
    feed: Iterable[Offer],
    *,
    now: datetime,
    complete: bool = True,
    source_url: str = "",
    etag: str = "",
) -> OfferChanges:
    """Bring a catalogue up to a feed in one transaction; see `CatalogUpload` for large feeds."""
    upload = CatalogUpload.begin(connection, merchant_id, catalog)
    for batch in in_batches(feed):
        upload.stage(connection, upload.sift(connection, batch), now=now)
    changes = upload.publish(
        connection, complete=complete, source_url=source_url, etag=etag, now=now
    )
    while upload.clear(connection):
        pass
    return changes


def get_catalog(connection: Connection, merchant_id: str, name: str) -> CatalogRecord:
    """A catalogue; raises `NotFoundError`."""
    row = connection.execute(
        select(catalogs).where(catalogs.c.merchant_id == merchant_id, catalogs.c.name == name)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"no catalog {name}", name=name)
    return as_record(CatalogRecord, row)


def list_catalogs(connection: Connection, merchant_id: str) -> list[CatalogRecord]:
    """A merchant's catalogues by name."""
    statement = (
        select(catalogs).where(catalogs.c.merchant_id == merchant_id).order_by(catalogs.c.name)
    )
    return [as_record(CatalogRecord, row) for row in connection.execute(statement)]


def offers_by_id(
    connection: Connection, merchant_id: str, offer_ids: Sequence[str]
) -> dict[str, OfferRecord]:
    """The active offers of these ids; of several catalogues the first by name holds."""
    found: dict[str, OfferRecord] = {}
    for part in in_chunks(offer_ids):
        statement = (
            select(offers)
            .where(offers.c.merchant_id == merchant_id, offers.c.offer_id.in_(part))
            .where(offers.c.active)
            .order_by(offers.c.catalog.desc())
        )
        found.update({row.offer_id: _record(row) for row in connection.execute(statement)})
    return found


def list_offers(
    connection: Connection,
    merchant_id: str,
    catalog: str,
    *,
    after: str = "",
    limit: int = 100,
) -> list[OfferRecord]:
    """A page of active offers by id, beginning after the id `after`."""
    statement = (
        select(offers)
        .where(offers.c.merchant_id == merchant_id, offers.c.catalog == catalog)
        .where(offers.c.active, offers.c.offer_id > after)
        .order_by(offers.c.offer_id)
        .limit(limit)
    )
    return [_record(row) for row in connection.execute(statement)]


def _record(row: AnyRow) -> OfferRecord:
    return as_record(OfferRecord, row, offer=from_json(Offer, row.record))
