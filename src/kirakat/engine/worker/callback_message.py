"""From the row of a callback to the message that is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kirakat.client.events import CreativeEvent
from kirakat.engine.worker.webhooks.deliver import Endpoint
from kirakat.engine.worker.webhooks.payload import Message, build_message
from kirakat.engine.worker.webhooks.sign import Secret
from kirakat.store import records

# The address of a finished image, from merchant, SHA-256 and format.
ImageUrl = Callable[[str, str, str], str]


def message_of(
    callbacks: Sequence[records.CallbackRecord], changes: Mapping[str, int], image_url: ImageUrl
) -> Message:
    """One message for callbacks of one endpoint, in their sequence; `changes` by webhook-id.

    Each event has the same id and content at every try (unless image addresses are signed
    anew), alone or in company.
    """
    return build_message(
        [_event(record, changes[record.webhook_id], image_url) for record in callbacks]
    )


def _event(record: records.CallbackRecord, change: int, image_url: ImageUrl) -> CreativeEvent:
    data: dict[str, Any] = dict(record.payload["data"])
    ready = record.event == "creative.ready"
    url = image_url(record.merchant_id, data["sha256"], data["format"]) if ready else None
    return CreativeEvent(
        event_id=record.webhook_id,
        type=record.event,
        at=datetime.fromisoformat(record.payload["timestamp"]),
        key=record.key,
        revision=record.revision,
        sequence=record.sequence,
        change=change,
        merchant_id=record.merchant_id,
        offer_id=data["offer_id"],
        placement=data["placement"],
        treatment=data["treatment"],
        arm=_arm(data),
        image_url=url,
        width=data["width"] if ready else None,
        height=data["height"] if ready else None,
        format=data["format"] if ready else None,
        # Rows of earlier versions do not say it.
        verdict=data.get("verdict") if ready else None,
        reason=data["reason"] or None,
    )


def endpoint_of(record: records.Endpoint) -> Endpoint:
    """Where to send, and what signs."""
    secrets = [Secret(value=record.secret)]
    if record.old_secret:
        secrets.append(Secret(value=record.old_secret, until=record.old_until))
    return Endpoint(endpoint_id=record.endpoint_id, url=record.url, secrets=secrets)


def _arm(data: dict[str, Any]) -> str | None:
    """prompt@version; treatments without a prompt have none."""
    arm = str(data["arm"])
    return arm if data["treatment"] == "generated" else None
