"""The bodies of callbacks: canonical JSON, one event or a batch of them.

An event is `{"id", "type", "timestamp", "data"}`. A batch is an event of the type
`creative.batch` whose data holds the list `events`; each keeps its own id.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from kirakat.client.events import DATA_FIELDS, EVENT_TYPES, CreativeEvent
from kirakat.errors import KirakatError
from kirakat.hashing import digest

__all__ = ["MAX_EVENTS", "CreativeEvent", "Message", "build_message", "event_id", "event_json"]

BATCH_TYPE = "creative.batch"
# Most events of one batch: about 70 kB.
MAX_EVENTS = 100


@dataclass(frozen=True, kw_only=True)
class Message:
    """One POST: the same id and bytes at every attempt."""

    webhook_id: str
    body: bytes


def event_id(key: str, revision: int, event: str, endpoint: str) -> str:
    """The webhook-id of one event for one endpoint: the same whoever computes it, and when."""
    return digest(key, revision, event, endpoint)


def build_message(events: Sequence[CreativeEvent]) -> Message:
    """The message of one event, or of up to `MAX_EVENTS` in their endpoint's sequence.

    A batch's id comes from the ids in it, its timestamp from the newest. Raises `KirakatError`
    for no event, too many, or events that are not in sequence.
    """
    if not 1 <= len(events) <= MAX_EVENTS:
        raise KirakatError(f"a message holds 1 to {MAX_EVENTS} events, not {len(events)}")
    if len(events) == 1:
        return Message(webhook_id=events[0].event_id, body=_canonical(event_json(events[0])))
    sequences = [event.sequence for event in events]
    if any(later <= earlier for earlier, later in pairwise(sequences)):
        raise KirakatError("the events of a batch go in sequence", sequences=sequences)
    batch_id = digest("batch", [event.event_id for event in events])
    batch = {
        "id": batch_id,
        "type": BATCH_TYPE,
        "timestamp": _time(max(event.at for event in events)),
        "data": {"events": [event_json(event) for event in events]},
    }
    return Message(webhook_id=batch_id, body=_canonical(batch))


def event_json(event: CreativeEvent) -> dict[str, object]:
    """One event as callbacks and `GET /v1/changes` show it.

    Raises `KirakatError` for a type that callbacks do not have, and for a ready creative
    without its address.
    """
    if event.type not in EVENT_TYPES:
        raise KirakatError(f"there is no event {event.type!r}", type=event.type)
    if event.type == "creative.ready" and not event.image_url:
        raise KirakatError("creative.ready needs an image_url", key=event.key)
    return {
        "id": event.event_id,
        "type": event.type,
        "timestamp": _time(event.at),
        "data": {name: getattr(event, name) for name in DATA_FIELDS},
    }


def _time(at: datetime) -> str:
    if at.tzinfo is None:
        raise KirakatError("an event's time needs a zone", at=at)
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _canonical(value: object) -> bytes:
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()
