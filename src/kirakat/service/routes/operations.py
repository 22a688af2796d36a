"""`/v1/operations/{key}`: how far the work on a key is, and stopping it."""

from __future__ import annotations

from fastapi import APIRouter

from kirakat.errors import NotFoundError
from kirakat.service.operations import DONE, operation_body, waiting_body
from kirakat.service.problems import ProblemError
from kirakat.service.routes.deps import Key, Reader, WithParts, Writer, problems
from kirakat.service.schemas import OperationBody
from kirakat.store.creatives import get_creative
from kirakat.store.jobs import cancel_creative

router = APIRouter(tags=["creatives"])


@router.get("/v1/operations/{key}", responses=problems(404))
def operation(key: Key, caller: Reader, parts: WithParts) -> OperationBody:
    """How far the work on a key is."""
    try:
        with parts.database.reading() as connection:
            return operation_body(get_creative(connection, caller.merchant_id, key), parts)
    except NotFoundError:
        if parts.demand.waits(key, caller.merchant_id):
            return waiting_body(key)
        raise


@router.post("/v1/operations/{key}:cancel", responses=problems(404, 409))
def cancel(key: Key, caller: Writer, parts: WithParts) -> OperationBody:
    """Stop the work on a key; other keys of the same render go on."""
    with parts.database.writing() as connection:
        creative = get_creative(connection, caller.merchant_id, key)
        if creative.state in DONE or creative.state == "in_review":
            raise ProblemError(409, f"There is nothing to stop: it is {creative.state}.")
        cancel_creative(
            connection, merchant_id=caller.merchant_id, key=key, reason="cancelled by the API",
            actor=f"key {caller.key_id}", now=parts.clock.now(),
        )  # fmt: skip
        after = get_creative(connection, caller.merchant_id, key)
    parts.creatives.drop(key)
    return operation_body(after, parts)
