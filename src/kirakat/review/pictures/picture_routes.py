"""`/review/pictures/...`: pictures for signed-in people of the merchant that they belong to."""

from __future__ import annotations

import re

from starlette.responses import Response

from kirakat.errors import NotFoundError
from kirakat.review.pictures.load_picture import Picture, Thumbnails, is_theirs, load_picture
from kirakat.review.pictures.tint import tint
from kirakat.review.web.visit import Visit
from kirakat.store.evidence import OVERLAYS, read_evidence

_HASH = re.compile(r"[0-9a-f]{64}")
_FOREVER = "private, max-age=31536000, immutable"
# Even opened alone, a file from a feed is a picture and nothing else.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def show_picture(visit: Visit) -> Response:
    """A whole picture by its hash."""
    sha256 = _owned(visit)
    return _answer(load_picture(visit.desk, visit.merchant_id, sha256))


class SmallPictures:
    """The same pictures, small."""

    def __init__(self) -> None:
        self._thumbnails = Thumbnails()

    def __call__(self, visit: Visit) -> Response:
        """A small picture by the whole one's hash."""
        sha256 = _owned(visit)
        return _answer(self._thumbnails.get(visit.desk, visit.merchant_id, sha256))


def show_overlay(visit: Visit) -> Response:
    """A veil over a creative: `/review/overlays/{key}/{revision}/{name}.png`."""
    key, revision, name = visit.path("key"), visit.path("revision"), visit.path("name")
    if name not in OVERLAYS:
        raise NotFoundError("There is no such overlay.")
    with visit.desk.database.reading() as connection:
        kept = read_evidence(connection, visit.merchant_id, key, revision)
    if name not in kept:
        raise NotFoundError("The worker kept no such overlay.")
    return _answer(tint(load_picture(visit.desk, visit.merchant_id, kept[name]), name))


def _owned(visit: Visit) -> str:
    sha256 = str(visit.path("sha256"))
    if _HASH.fullmatch(sha256):
        with visit.desk.database.reading() as connection:
            if is_theirs(connection, visit.merchant_id, sha256):
                return sha256
    raise NotFoundError("There is no such picture.")


def _answer(picture: Picture) -> Response:
    headers = {"Cache-Control": _FOREVER, "Content-Security-Policy": _POLICY}
    return Response(picture.data, media_type=picture.media_type, headers=headers)
