"""What handlers are given: the parts, the caller, and the documented problems."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Security
from fastapi.security import HTTPBearer

from kirakat.service.keyring import Caller, Scope
from kirakat.service.parts import Parts
from kirakat.service.problems import MEDIA_TYPE

_bearer = HTTPBearer(auto_error=False, description="An API key: kk_...")
# Texts that a database can compare.
PLAIN = r"^[^\x00]*$"


def parts_of(request: Request) -> Parts:
    """The parts of this process."""
    parts: Parts = request.app.state.parts
    return parts


WithParts = Annotated[Parts, Depends(parts_of)]


def needs(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    """A dependency that gives the caller, whose key has the scope."""

    async def caller(request: Request, _: Annotated[object, Security(_bearer)]) -> Caller:
        host = request.client.host if request.client else ""
        authorization = request.headers.get("authorization", "")
        return await parts_of(request).authenticator.caller(authorization, host, scope)

    return caller


Asker = Annotated[Caller, Depends(needs("resolve"))]
Reader = Annotated[Caller, Depends(needs("read"))]
Writer = Annotated[Caller, Depends(needs("write"))]
CallbackKeeper = Annotated[Caller, Depends(needs("callbacks"))]

Key = Annotated[
    str,
    Path(description="Key of a creative.", pattern="^[0-9a-f]{64}$", examples=["9d1e" * 16]),
]
CatalogName = Annotated[
    str, Path(description="Name of the catalogue.", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
]
Limit = Annotated[int, Query(ge=1, le=1000, description="Most rows of the answer.")]


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that every caller may get, and `codes`."""
    texts = {
        400: "Not well-formed", 401: "No good API key", 403: "The key lacks the scope",
        404: "There is none", 409: "Not in this state", 413: "Too large",
        415: "Not this media type", 422: "Cannot be used", 429: "Too many requests",
        502: "Could not be fetched", 503: "Out of order for now",
    }  # fmt: skip
    wanted = sorted({401, 403, 413, 422, 429, 503, *codes})
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        code: {"description": texts[code], "content": {MEDIA_TYPE: {"schema": schema}}}
        for code in wanted
    }
