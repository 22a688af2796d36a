"""The callbacks that a change of state owes to a merchant's endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from kirakat.store.bulk import AnyRow, insert_all
from kirakat.store.identities import webhook_id_of
from kirakat.store.states import EVENT_OF, CreativeState, Event
from kirakat.store.tables import callbacks, endpoints


class Moved(NamedTuple):
    """What a callback says of a creative whose state has just changed."""

    key: str
    revision: int
    offer_id: str
    arm: str
    placement_name: str
    treatment: str
    sha256: str | None
    format: str | None
    width: int | None
    height: int | None
    gate: Mapping[str, Any] | None


def write_callbacks(
    connection: Connection,
    merchant_id: str,
    moved: Sequence[Moved],
    target: CreativeState,
    reason: str,
    now: datetime,
) -> None:
    """One callback for each creative and enabled endpoint, if `target` is worth one.

    The caller holds the merchant's lock, so the endpoints' numbers are gapless.
    """
    event = EVENT_OF.get(target)
    if event is None or not moved:
        return
    statement = (
        select(endpoints.c.endpoint_id, endpoints.c.merchant_id, endpoints.c.sequence)
        .where(endpoints.c.merchant_id == merchant_id, endpoints.c.enabled)
        .order_by(endpoints.c.endpoint_id)
        .with_for_update(key_share=True)
    )
    for endpoint in connection.execute(statement).all():
        rows = [
            _row(endpoint, item, event, reason, number, now)
            for number, item in enumerate(moved, start=endpoint.sequence + 1)
        ]
        insert_all(connection, callbacks, rows)
        connection.execute(
            update(endpoints)
            .where(endpoints.c.endpoint_id == endpoint.endpoint_id)
            .values(sequence=endpoint.sequence + len(rows))
        )


def _row(
    endpoint: AnyRow, item: Moved, event: Event, reason: str, number: int, now: datetime
) -> dict[str, Any]:
    return {
        "webhook_id": webhook_id_of(item.key, item.revision, event, endpoint.endpoint_id),
        "merchant_id": endpoint.merchant_id,
        "endpoint_id": endpoint.endpoint_id,
        "sequence": number,
        "event": event,
        "key": item.key,
        "revision": item.revision,
        "payload": _payload(item, event, reason, number, now),
        "next_at": now,
        "created_at": now,
        "updated_at": now,
    }


def _payload(item: Moved, event: Event, reason: str, number: int, now: datetime) -> dict[str, Any]:
    """A Standard Webhooks body: type, timestamp and data."""
    return {
        "type": event,
        "timestamp": now.isoformat(),
        "data": {
            "sequence": number,
            "reason": reason,
            "key": item.key,
            "revision": item.revision,
            "offer_id": item.offer_id,
            "arm": item.arm,
            "placement": item.placement_name,
            "treatment": item.treatment,
            "sha256": item.sha256,
            "format": item.format,
            "width": item.width,
            "height": item.height,
            "verdict": (item.gate or {}).get("verdict"),
        },
    }
