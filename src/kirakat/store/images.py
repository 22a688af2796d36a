"""Source images: which content an address has now, and had before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, update

from kirakat.errors import NotFoundError
from kirakat.store.bulk import as_record, in_chunks, insert_all, insert_missing
from kirakat.store.identities import image_id_of
from kirakat.store.records import FetchedImage, ImageRecord, KnownPhoto
from kirakat.store.tables import offers, source_images

# What a fetch alone does not tell.
_MEASURED: Final = frozenset({"photo_quality", "photo_composition"})


def ensure_images(connection: Connection, merchant_id: str, uris: Sequence[str]) -> dict[str, str]:
    """The id of the present image of each address; unknown addresses are entered."""
    wanted = sorted(set(uris))
    found = _current_ids(connection, merchant_id, wanted)
    missing = [uri for uri in wanted if uri not in found]
    if not missing:
        return found
    rows = [
        {
            "image_id": image_id_of(merchant_id, uri, 0),
            "merchant_id": merchant_id,
            "uri": uri,
            "revision": 0,
            "current": True,
        }
        for uri in missing
    ]
    insert_missing(connection, source_images, rows, source_images.c.image_id)
    return found | _current_ids(connection, merchant_id, missing)


def get_image(connection: Connection, image_id: str) -> ImageRecord:
    """One source image; raises `NotFoundError`."""
    row = connection.execute(
        select(source_images).where(source_images.c.image_id == image_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"no source image {image_id}", image_id=image_id)
    return as_record(ImageRecord, row)


def photos_of_offers(
    connection: Connection, merchant_id: str, offer_ids: Sequence[str]
) -> dict[tuple[str, str], KnownPhoto]:
    """What was measured on the present photos of offers, by (catalogue, offer id)."""
    found: dict[tuple[str, str], KnownPhoto] = {}
    for part in in_chunks(sorted(set(offer_ids))):
        statement = (
            select(
                offers.c.catalog,
                offers.c.offer_id,
                source_images.c.photo_quality,
                source_images.c.photo_composition,
            )
            .join(source_images, source_images.c.image_id == offers.c.image_id)
            .where(offers.c.merchant_id == merchant_id, offers.c.offer_id.in_(part))
        )
        for catalog, offer_id, quality, composition in connection.execute(statement):
            found[catalog, offer_id] = KnownPhoto(quality, composition)
    return found


def list_stale_images(
    connection: Connection, merchant_id: str, *, before: datetime, limit: int = 1000
) -> list[ImageRecord]:
    """Present images last checked before a time, or never: those never checked come first."""
    checked = source_images.c.checked_at
    statement = (
        select(source_images)
        .where(source_images.c.merchant_id == merchant_id, source_images.c.current)
        .where(checked.is_(None) | (checked < before))
        .order_by(checked.is_not(None), checked, source_images.c.image_id)
        .limit(limit)
    )
    return [as_record(ImageRecord, row) for row in connection.execute(statement)]


def record_fetch(
    connection: Connection, image_id: str, fetched: FetchedImage, *, now: datetime
) -> ImageRecord:
    """Note what a fetch found; gives the image that the address shows now.

    A first fetch, or the same content, keeps the image. Other content makes a new image with
    the next revision, to which the offers of that address move; the caller then retires what
    was made of the old one. Raises `NotFoundError`.
    """
    row = connection.execute(
        select(source_images).where(source_images.c.image_id == image_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"no source image {image_id}", image_id=image_id)
    if not row.current:
        present = ensure_images(connection, row.merchant_id, (row.uri,))[row.uri]
        return record_fetch(connection, present, fetched, now=now)
    facts = {**asdict(fetched), "checked_at": now, "error": ""}
    if row.sha256 in (None, fetched.sha256):
        if not fetched.is_measured:
            facts = {name: value for name, value in facts.items() if name not in _MEASURED}
        _set(connection, image_id, facts)
        return get_image(connection, image_id)
    _set(connection, image_id, {"current": False})
    changed = image_id_of(row.merchant_id, row.uri, row.revision + 1)
    insert_all(
        connection,
        source_images,
        [
            {
                "image_id": changed,
                "merchant_id": row.merchant_id,
                "uri": row.uri,
                "revision": row.revision + 1,
                "current": True,
                **facts,
            }
        ],
    )
    connection.execute(
        update(offers)
        .where(offers.c.merchant_id == row.merchant_id, offers.c.image_id == image_id)
        .values(image_id=changed)
    )
    return get_image(connection, changed)


def record_fetch_error(connection: Connection, image_id: str, error: str, *, now: datetime) -> None:
    """Note that an address could not be fetched; what was known of it stays."""
    _set(connection, image_id, {"error": error, "checked_at": now})


def _set(connection: Connection, image_id: str, values: dict[str, object]) -> None:
    connection.execute(
        update(source_images).where(source_images.c.image_id == image_id).values(**values)
    )


def _current_ids(connection: Connection, merchant_id: str, uris: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in in_chunks(uris):
        statement = select(source_images.c.uri, source_images.c.image_id).where(
            source_images.c.merchant_id == merchant_id,
            source_images.c.uri.in_(part),
            source_images.c.current,
        )
        found.update({row.uri: row.image_id for row in connection.execute(statement)})
    return found
