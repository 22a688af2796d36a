"""`/i/{sha256}.{ext}`: finished images, forever the same under one address."""

from __future__ import annotations

import re
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from kirakat.errors import NotFoundError, StoreError
from kirakat.service.health import is_outage
from kirakat.service.lru import Lru
from kirakat.service.parts import Parts
from kirakat.service.problems import ProblemError
from kirakat.store.image_addresses import EXTENSIONS
from kirakat.store.published_images import publishers_of

_NAME = re.compile(r"([0-9a-f]{64})\.(jpg|jpeg|webp|avif|png)")
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
# "jpeg" is what some callers make of a format by themselves.
_FORMATS = {**{ending: name for name, ending in EXTENSIONS.items()}, "jpeg": "jpeg"}
_PUBLIC = "public, max-age=31536000, immutable"
_PRIVATE = "private, max-age=3600, immutable"


class _Published(NamedTuple):
    format: str
    merchants: tuple[str, ...]
    size: int


class Images:
    """Serves files that were published, and tells nothing of all others."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._known: Lru[str, _Published] = Lru(parts.settings.cache_entries)

    async def __call__(self, request: Request) -> Response:
        """Answer GET and HEAD."""
        matched = _NAME.fullmatch(request.path_params["name"])
        if matched is None:
            raise _nothing()
        sha256, ending = matched.groups()
        published = await self._find(sha256)
        if published.format != _FORMATS[ending]:
            raise _nothing()
        is_signed = self._check_signature(request, sha256, published)
        headers = {
            "ETag": f'"{sha256}"',
            "Cache-Control": _PRIVATE if is_signed else _PUBLIC,
            "Accept-Ranges": "bytes",
        }
        if _is_known(request.headers.get("if-none-match", ""), sha256):
            return Response(status_code=304, headers=headers)
        return await self._send(request, sha256, published, headers)

    def _check_signature(self, request: Request, sha256: str, published: _Published) -> bool:
        """Whether the address had to be signed; raises the 404 when its signature is not good."""
        addresses, query = self._parts.addresses, request.query_params
        expires, signature, now = query.get("e", ""), query.get("s", ""), self._parts.clock.now()
        open_to_all = [name for name in published.merchants if not addresses.is_signed(name)]
        if open_to_all:
            return False
        for merchant in published.merchants:
            if addresses.allows(merchant, sha256, expires, signature, now=now):
                return True
        raise _nothing()

    async def _find(self, sha256: str) -> _Published:
        known = self._known.get(sha256)
        self._parts.metrics.looked("image", int(known is not None), int(known is None))
        if known is None:
            known = await run_in_threadpool(self._read, sha256)
            self._known.put(sha256, known)
        return known

    def _read(self, sha256: str) -> _Published:
        try:
            with self._parts.database.reading() as connection:
                found = publishers_of(connection, sha256)
        except StoreError as error:
            if is_outage(error):
                self._parts.health.fails("database", str(error))
            raise _out_of_order() from error
        if not found:
            raise _nothing()
        try:
            size = self._parts.blobs.head(sha256).size
        except NotFoundError as error:
            raise _nothing() from error
        except StoreError as error:
            raise _out_of_order() from error
        return _Published(next(iter(found.values())), tuple(found), size)

    async def _send(
        self, request: Request, sha256: str, published: _Published, headers: dict[str, str]
    ) -> Response:
        size, status = published.size, 200
        start, end = 0, size
        wanted = request.headers.get("range", "")
        if wanted and request.headers.get("if-range", f'"{sha256}"') == f'"{sha256}"':
            part = read_range(wanted, size)
            if part is not None:
                (start, end), status = part, 206
                headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        kind = f"image/{published.format}"
        if request.method == "HEAD":
            headers["Content-Length"] = str(end - start)
            return Response(status_code=status, headers=headers, media_type=kind)
        data = await run_in_threadpool(self._bytes, sha256, start, end, size)
        return Response(data, status_code=status, headers=headers, media_type=kind)

    def _bytes(self, sha256: str, start: int, end: int, size: int) -> bytes:
        blobs = self._parts.blobs
        try:
            if (start, end) == (0, size):
                return blobs.get(sha256)
            return blobs.get_range(sha256, start=start, end=end)
        except NotFoundError as error:
            self._known.drop(sha256)
            raise _nothing() from error
        except StoreError as error:
            raise _out_of_order() from error


def read_range(text: str, size: int) -> tuple[int, int] | None:
    """The bytes from, and to before, that a Range header wants; None for a header to ignore.

    Raises `ProblemError` 416 for bytes that are not there. Several ranges are ignored, as the
    standard allows: the whole file is sent.
    """
    matched = _RANGE.fullmatch(text.strip())
    if matched is None or matched.groups() == ("", ""):
        return None
    first, last = matched.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if first and last and int(last) < start:
        return None
    if start >= end:
        raise ProblemError(
            416, "There are no such bytes.", headers={"Content-Range": f"bytes */{size}"}
        )
    return start, end


def _is_known(header: str, sha256: str) -> bool:
    tags = [part.strip().removeprefix("W/") for part in header.split(",")]
    return f'"{sha256}"' in tags or "*" in tags


def _nothing() -> ProblemError:
    """One answer for what is not there, not published, and not for these eyes."""
    return ProblemError(404, "There is no such image.", headers={"Cache-Control": "no-store"})


def _out_of_order() -> ProblemError:
    return ProblemError(503, "Images cannot be read for now.", headers={"Retry-After": "5"})
