"""Catalogues and their offers: what a feed brought, changed and took away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, select, update

from kirakat.errors import NotFoundError
from kirakat.hashing import digest
from kirakat.store.bulk import AnyRow, as_record, in_chunks, upsert_into
from kirakat.store.images import ensure_images
from kirakat.store.json_records import from_json, to_json
from kirakat.store.records import CatalogRecord, OfferChanges, OfferRecord
from kirakat.store.tables import catalogs, offers
from kirakat.types import Offer

_BATCH = 1_000


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
    """Bring a catalogue up to a feed, as its next revision; the feed may be endless in size.

    Offers are compared by the hash of their content (their line in the feed does not count).
    With `complete`, offers that the feed no longer has become inactive; without it, the feed
    is a part and leaves the rest alone. An offer that came back counts as new. Of offers with
    the same id the last one holds.
    """
    revision = _next_revision(connection, merchant_id, catalog, source_url, etag, now)
    found: dict[str, list[str]] = {"new": [], "changed": [], "same": []}
    for batch in _batches(feed):
        for offer_id, kind in _put_batch(
            connection, merchant_id, catalog, batch, revision, now
        ).items():
            found[kind].append(offer_id)
    removed = _drop_unseen(connection, merchant_id, catalog, revision, now) if complete else ()
    return OfferChanges(
        new=tuple(found["new"]),
        changed=tuple(found["changed"]),
        removed=removed,
        unchanged=len(found["same"]),
        revision=revision,
    )


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


def _next_revision(
    connection: Connection, merchant_id: str, name: str, url: str, etag: str, now: datetime
) -> int:
    """Raise the catalogue's revision; its row stays locked, so syncs of it take turns."""
    values = {"source_url": url, "etag": etag, "updated_at": now}
    statement = upsert_into(connection, catalogs).values(
        merchant_id=merchant_id, name=name, revision=1, **values
    )
    raised = statement.on_conflict_do_update(
        index_elements=["merchant_id", "name"],
        set_={"revision": catalogs.c.revision + 1, **values},
    ).returning(catalogs.c.revision)
    return int(connection.execute(raised).scalar_one())


def _batches(feed: Iterable[Offer]) -> Iterator[dict[str, Offer]]:
    items = iter(feed)
    while batch := {offer.offer_id: offer for offer in islice(items, _BATCH)}:
        yield batch


def _put_batch(
    connection: Connection,
    merchant_id: str,
    catalog: str,
    batch: dict[str, Offer],
    revision: int,
    now: datetime,
) -> dict[str, str]:
    """Write a batch; gives "new", "changed" or "same" by offer id."""
    images = ensure_images(connection, merchant_id, [item.image_link for item in batch.values()])
    known = _known(connection, merchant_id, catalog, tuple(batch))
    rows = [
        {
            "merchant_id": merchant_id,
            "catalog": catalog,
            "offer_id": offer_id,
            "record": to_json(offer),
            "content_hash": digest("offer", replace(offer, line=0)),
            "image_id": images[offer.image_link],
            "active": True,
            "revision": revision,
            "updated_at": now,
        }
        for offer_id, offer in sorted(batch.items())
    ]
    kinds = {str(row["offer_id"]): _kind(row, known) for row in rows}
    _write(connection, [row for row in rows if kinds[str(row["offer_id"])] != "same"])
    _touch(connection, merchant_id, catalog, [i for i in kinds if kinds[i] == "same"], revision)
    return {offer_id: kinds[offer_id] for offer_id in batch}


def _known(
    connection: Connection, merchant_id: str, catalog: str, offer_ids: Sequence[str]
) -> dict[str, AnyRow]:
    statement = select(
        offers.c.offer_id, offers.c.content_hash, offers.c.image_id, offers.c.active
    ).where(
        offers.c.merchant_id == merchant_id,
        offers.c.catalog == catalog,
        offers.c.offer_id.in_(offer_ids),
    )
    return {row.offer_id: row for row in connection.execute(statement)}


def _kind(row: dict[str, Any], known: dict[str, AnyRow]) -> str:
    before = known.get(row["offer_id"])
    if before is None or not before.active:
        return "new"
    same = (before.content_hash, before.image_id) == (row["content_hash"], row["image_id"])
    return "same" if same else "changed"


def _write(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    statement = upsert_into(connection, offers)
    names = ("record", "content_hash", "image_id", "active", "revision", "updated_at")
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["merchant_id", "catalog", "offer_id"],
            set_={name: statement.excluded[name] for name in names},
        ),
        list(rows),
    )


def _touch(
    connection: Connection, merchant_id: str, catalog: str, offer_ids: list[str], revision: int
) -> None:
    """Note that unchanged offers are still in the feed."""
    connection.execute(
        update(offers)
        .where(offers.c.merchant_id == merchant_id, offers.c.catalog == catalog)
        .where(offers.c.offer_id.in_(offer_ids))
        .values(revision=revision)
    )


def _drop_unseen(
    connection: Connection, merchant_id: str, catalog: str, revision: int, now: datetime
) -> tuple[str, ...]:
    statement = (
        update(offers)
        .where(offers.c.merchant_id == merchant_id, offers.c.catalog == catalog)
        .where(offers.c.active, offers.c.revision < revision)
        .values(active=False, updated_at=now)
        .returning(offers.c.offer_id)
    )
    return tuple(sorted(connection.execute(statement).scalars()))


def _record(row: AnyRow) -> OfferRecord:
    return as_record(OfferRecord, row, offer=from_json(Offer, row.record))
