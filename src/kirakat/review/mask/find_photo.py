"""The photo that a mask is drawn on: as it is stored, or as a worker brought it."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from kirakat.errors import NotFoundError
from kirakat.review.errands.ask_errand import last_errand
from kirakat.review.pictures.load_picture import load_picture
from kirakat.review.web.visit import Visit
from kirakat.store.errands import Errand, ErrandKind
from kirakat.store.images import get_image
from kirakat.store.records import CreativeRecord, ImageRecord

# What workers brought is looked for this far back.
_KEPT = timedelta(days=30)


class Photo(NamedTuple):
    """A picture to draw on."""

    # Of the blob that is shown.
    sha256: str
    # Pixels of the photo, upright: also the matte's.
    width: int
    height: int


def find_photo(connection: Connection, visit: Visit, creative: CreativeRecord) -> Photo | None:
    """The photo of a creative; None while no worker has brought it here."""
    image = get_image(connection, creative.image_id)
    if image.sha256 and image.width and image.height and _is_here(visit, image.sha256):
        return Photo(image.sha256, image.width, image.height)
    errand = brought(connection, visit, "source", {"offer_id": creative.offer_id}, image)
    if errand is None:
        return None
    return Photo(errand.sha256, int(errand.made["width"]), int(errand.made["height"]))


def brought(
    connection: Connection,
    visit: Visit,
    kind: ErrandKind,
    wanted: dict[str, str],
    image: ImageRecord,
) -> Errand | None:
    """What a worker made of the photo as it is now."""
    errand = last_errand(connection, visit, kind, wanted, within=_KEPT)
    if errand is None or errand.state != "done":
        return None
    is_current = image.sha256 in (None, errand.made.get("source"))
    return errand if is_current else None


def _is_here(visit: Visit, sha256: str) -> bool:
    try:
        load_picture(visit.desk, visit.merchant_id, sha256)
    except NotFoundError:
        return False
    return True
