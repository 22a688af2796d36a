"""`/v1/callbacks`: what was sent, and sending it again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from kirakat.service.routes.deps import CallbackKeeper, Limit, WithParts, problems
from kirakat.service.schemas import CallbackBody, CallbackPage, Replay, Replayed
from kirakat.store.callbacks import list_callbacks, replay_callbacks
from kirakat.store.states import CallbackState

router = APIRouter(tags=["callbacks"])


@router.get("/v1/callbacks", responses=problems())
def list_all(
    caller: CallbackKeeper,
    parts: WithParts,
    endpoint_id: Annotated[str | None, Query(pattern="^ep_[0-9a-f]{16}$")] = None,
    state: Annotated[CallbackState | None, Query()] = None,
    after: Annotated[
        int, Query(ge=0, le=2**31 - 1, description="Only numbers after this one.")
    ] = 0,
    limit: Limit = 100,
) -> CallbackPage:
    """Callbacks by endpoint and number."""
    with parts.database.reading() as connection:
        found = list_callbacks(
            connection, caller.merchant_id, endpoint_id=endpoint_id,
            states=(state,) if state else (), after=after, limit=limit,
        )  # fmt: skip
    return CallbackPage(
        callbacks=[
            CallbackBody(
                webhook_id=item.webhook_id,
                endpoint_id=item.endpoint_id,
                sequence=item.sequence,
                event=item.event,
                key=item.key,
                revision=item.revision,
                state=item.state,
                attempts=item.attempts,
                next_at=item.next_at,
                last_code=item.last_code,
                error=item.error,
            )
            for item in found
        ]
    )


@router.post("/v1/callbacks:replay", responses=problems(400))
def replay(body: Replay, caller: CallbackKeeper, parts: WithParts) -> Replayed:
    """Send messages again, whatever came of them; each keeps its webhook-id."""
    with parts.database.writing() as connection:
        count = replay_callbacks(
            connection, caller.merchant_id, body.webhook_ids, now=parts.clock.now()
        )
    return Replayed(replayed=count)
