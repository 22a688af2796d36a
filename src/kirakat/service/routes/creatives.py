"""`/v1/creatives/{key}`, its certificate, and the manifest of all that is ready."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from kirakat.errors import NotFoundError
from kirakat.service.operations import creative_body
from kirakat.service.parts import Parts
from kirakat.service.routes.deps import Key, Reader, WithParts, problems
from kirakat.service.schemas import CertificateBody, CreativeBody
from kirakat.store.creatives import get_creative, list_creatives
from kirakat.store.states import CreativeState

router = APIRouter(tags=["creatives"])
_PAGE = 500
_NDJSON = "application/x-ndjson"


@router.get("/v1/creatives/{key}", responses=problems(404))
def creative(key: Key, caller: Reader, parts: WithParts) -> CreativeBody:
    """One creative, whatever became of it."""
    with parts.database.reading() as connection:
        return creative_body(get_creative(connection, caller.merchant_id, key), parts)


@router.get("/v1/creatives/{key}/certificate", responses=problems(404))
def certificate(key: Key, caller: Reader, parts: WithParts) -> CertificateBody:
    """What was measured on a finished creative, and where every pixel of it came from."""
    with parts.database.reading() as connection:
        found = get_creative(connection, caller.merchant_id, key)
    if found.certificate is None:
        raise NotFoundError(f"creative {key} is not finished")
    return CertificateBody(
        key=key,
        revision=found.revision,
        certificate=dict(found.certificate),
        gate=dict(found.gate or {}),
    )


@router.get(
    "/v1/manifest",
    response_class=StreamingResponse,
    responses={
        200: {"description": "One creative a line", "content": {_NDJSON: {"schema": {}}}},
        **problems(),
    },
)
def manifest(
    caller: Reader,
    parts: WithParts,
    state: Annotated[CreativeState, Query(description="Creatives in this state.")] = "ready",
) -> StreamingResponse:
    """All creatives in a state, as JSON lines by key."""
    rows = _rows(parts, caller.merchant_id, state)
    return StreamingResponse(rows, media_type=_NDJSON)


def _rows(parts: Parts, merchant_id: str, state: CreativeState) -> Iterator[bytes]:
    after = ""
    while True:
        with parts.database.reading() as connection:
            page = list_creatives(
                connection, merchant_id, states=(state,), after=after, limit=_PAGE
            )
        for item in page:
            yield creative_body(item, parts).model_dump_json().encode() + b"\n"
        if len(page) < _PAGE:
            return
        after = page[-1].key
