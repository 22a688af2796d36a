"""Creatives and the work on them, as the API shows them."""

from __future__ import annotations

from dataclasses import asdict

from kirakat.service.parts import Parts
from kirakat.service.schemas import (
    CreativeBody,
    OperationBody,
    OperationError,
    OperationMetadata,
)
from kirakat.store.records import CreativeRecord
from kirakat.store.states import CreativeState

# States after which nothing happens by itself.
DONE: tuple[CreativeState, ...] = ("ready", "rejected", "dead", "cancelled", "retired")
# google.rpc.Code: CANCELLED, NOT_FOUND, FAILED_PRECONDITION, INTERNAL.
_CODES: dict[CreativeState, int] = {"cancelled": 1, "retired": 5, "rejected": 9, "dead": 13}


def operation_body(creative: CreativeRecord, parts: Parts) -> OperationBody:
    """The operation that makes a creative, in the shape of AIP-151."""
    code = _CODES.get(creative.state)
    message = creative.reason or f"the creative is {creative.state}"
    return OperationBody(
        name=f"operations/{creative.key}",
        metadata=OperationMetadata(
            state=creative.state,
            revision=creative.revision,
            reason=creative.reason,
            requested_at=creative.requested_at,
            updated_at=creative.updated_at,
        ),
        done=creative.state in DONE,
        error=OperationError(code=code, message=message) if code else None,
        response=creative_body(creative, parts) if creative.state == "ready" else None,
    )


def waiting_body(key: str) -> OperationBody:
    """The operation of a key that waits in memory to be written down."""
    metadata = OperationMetadata(state="requested", revision=0)
    return OperationBody(name=f"operations/{key}", metadata=metadata, done=False)


def creative_body(creative: CreativeRecord, parts: Parts) -> CreativeBody:
    """A creative; its address only while it may be shown."""
    url = None
    if creative.state == "ready" and creative.sha256 and creative.format:
        url = parts.addresses.url(
            creative.merchant_id, creative.sha256, creative.format, now=parts.clock.now()
        )
    return CreativeBody(
        key=creative.key,
        revision=creative.revision,
        state=creative.state,
        reason=creative.reason,
        offer_id=creative.offer_id,
        arm=creative.arm if creative.treatment == "generated" else None,
        placement=asdict(creative.placement),
        treatment=creative.treatment,
        recipe=creative.recipe_label,
        image_url=url,
        sha256=creative.sha256,
        format=creative.format,
        bytes=creative.bytes,
        width=creative.width,
        height=creative.height,
        attempt=creative.attempt,
        requested_at=creative.requested_at,
        ready_at=creative.ready_at,
        updated_at=creative.updated_at,
    )
