"""`POST /v1/events`: what shoppers did with what was shown."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from kirakat.service.event_schemas import EventsAnswer, read_batch
from kirakat.service.keyring import Caller
from kirakat.service.problems import ProblemError
from kirakat.service.routes.deps import WithParts, needs, problems
from kirakat.service.take_events import Taken

router = APIRouter(tags=["events"])

Sender = Annotated[Caller, Depends(needs("events"))]
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/EventsBody"}}},
    }
}


@router.post(
    "/v1/events",
    responses={**problems(400), 200: {"model": EventsAnswer, "description": "Taken"}},
    openapi_extra=_BODY,
)
async def send(request: Request, caller: Sender, parts: WithParts) -> Response:
    """Append up to 1,000 events; those that are wrong are named, and stop no other.

    Sending a batch again changes nothing. 503 means that nothing of it was written.
    """
    try:
        items = read_batch(orjson.loads(await request.body()))
    except orjson.JSONDecodeError as error:
        raise ProblemError(400, "The request is not well-formed.") from error
    with parts.intake.place():
        taken = await run_in_threadpool(parts.intake.take, caller.merchant_id, items)
    parts.metrics.took_events(taken.accepted, taken.duplicates, len(taken.refused))
    return Response(_written(taken, request.state.request_id), media_type="application/json")


def _written(taken: Taken, request_id: str) -> bytes:
    return orjson.dumps(
        {
            "accepted": len(taken.accepted),
            "duplicates": taken.duplicates,
            "errors": [
                {"index": item.place, "event_id": item.event_id, "reason": item.reason}
                for item in taken.refused
            ],
            "request_id": request_id,
        }
    )
