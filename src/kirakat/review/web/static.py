"""Style sheet, scripts and icons: part of the package, kept by browsers for ever."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from kirakat.hashing import sha256_bytes
from kirakat.review.desk import ROOT
from kirakat.review.web.headers import protect

_FOLDER = Path(__file__).parents[1] / "static"
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_FOREVER = "public, max-age=31536000, immutable"


@lru_cache(maxsize=1)
def _files() -> dict[str, tuple[bytes, str]]:
    """Bytes and media type by name: what is not listed here is not served."""
    return {
        path.relative_to(_FOLDER).as_posix(): (path.read_bytes(), _KINDS[path.suffix])
        for path in sorted(_FOLDER.rglob("*"))
        if path.is_file()
    }


@lru_cache(maxsize=1)
def _edition() -> str:
    """One hash of all files: scripts import each other by relative address."""
    return sha256_bytes(b"".join(data for data, _ in _files().values()))[:12]


def static_address(name: str) -> str:
    """The address of a file; another one whenever any file changes."""
    return f"{ROOT}/static/{_edition()}/{name}"


async def static_file(request: Request) -> Response:
    """Serve a file."""
    found = _files().get(request.path_params["name"])
    if found is None:
        return protect(PlainTextResponse("There is no such file.", 404))
    data, kind = found
    is_current = request.path_params["edition"] == _edition()
    cache = _FOREVER if is_current else "no-store"
    return protect(Response(data, media_type=kind, headers={"Cache-Control": cache}))
