"""The bytes of a merchant's pictures, from the blobs or from the folder of fetched photos."""

from __future__ import annotations

import io
from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError
from sqlalchemy import Connection, select

from kirakat.catalog.image_cache import ImageCache
from kirakat.errors import NotFoundError
from kirakat.review.desk import Desk
from kirakat.store.tables import creatives, source_images
from kirakat.store.tables_errands import errands
from kirakat.store.tables_review import edited_mattes, evidence
from kirakat.store.tables_scenes import own_scenes

# What browsers are shown; by the name that PIL gives.
_SHOWN = {"JPEG", "PNG", "WEBP", "AVIF", "GIF"}
_SMALL = 480
_KEPT = 3_000


class Picture(NamedTuple):
    """An encoded picture."""

    data: bytes
    media_type: str


def is_theirs(connection: Connection, merchant_id: str, sha256: str) -> bool:
    """Whether the merchant has a picture of that hash, in whatever role."""
    for table in (creatives, source_images, edited_mattes, evidence, errands, own_scenes):
        statement = (
            select(table.c.sha256)
            .where(table.c.merchant_id == merchant_id, table.c.sha256 == sha256)
            .limit(1)
        )
        if connection.execute(statement).first():
            return True
    return False


def load_picture(desk: Desk, merchant_id: str, sha256: str) -> Picture:
    """The picture as it is stored; raises `NotFoundError` where it is not, or is none."""
    data = _bytes(desk, merchant_id, sha256)
    try:
        with Image.open(io.BytesIO(data)) as image:
            name = image.format or ""
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise NotFoundError("That file is no picture.", sha256=sha256) from error
    if name not in _SHOWN:
        raise NotFoundError("Browsers do not show such a file.", sha256=sha256)
    return Picture(data, f"image/{name.lower()}")


def _bytes(desk: Desk, merchant_id: str, sha256: str) -> bytes:
    try:
        return desk.blobs.get(sha256)
    except NotFoundError:
        cache = ImageCache(desk.settings.cache_dir / "images", merchant_id=merchant_id)
        kept = cache.load_content(sha256)
        if kept is None:
            raise
        return kept


class Thumbnails:
    """Small JPEGs, made once and kept while there is room."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Picture] = OrderedDict()
        self._lock = Lock()

    def get(self, desk: Desk, merchant_id: str, sha256: str) -> Picture:
        """At most 480 pixels at the longer side; raises as `load_picture` does."""
        with self._lock:
            kept = self._kept.get(sha256)
            if kept is not None:
                self._kept.move_to_end(sha256)
                return kept
        small = _shrink(load_picture(desk, merchant_id, sha256))
        with self._lock:
            self._kept[sha256] = small
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return small


def _shrink(picture: Picture) -> Picture:
    with Image.open(io.BytesIO(picture.data)) as image:
        # Lets the JPEG decoder skip most of the work.
        image.draft("RGB", (2 * _SMALL, 2 * _SMALL))
        rgba = image.convert("RGBA")
    rgba.thumbnail((_SMALL, _SMALL), Image.Resampling.LANCZOS)
    ground = Image.new("RGBA", rgba.size, "white")
    buffer = io.BytesIO()
    Image.alpha_composite(ground, rgba).convert("RGB").save(buffer, "JPEG", quality=82)
    return Picture(buffer.getvalue(), "image/jpeg")
