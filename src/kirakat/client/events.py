"""What a callback says: one record, read by recommenders and written by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, cast, get_args

from kirakat.client.errors import CallbackRefusedError

EventType = Literal["creative.ready", "creative.rejected", "creative.retired"]
EVENT_TYPES: frozenset[str] = frozenset(get_args(EventType))


@dataclass(frozen=True, kw_only=True)
class CreativeEvent:
    """What happened to one creative."""

    # The webhook-id of this event alone; the same however often and in what batch it is sent.
    event_id: str
    type: EventType
    # When it happened, with UTC as its zone.
    at: datetime
    key: str
    revision: int
    # Counts the events of this endpoint from 1 without a gap; 0 in the change feed.
    sequence: int
    # Position in the change feed, `GET /v1/changes?since=`; grows with every change of a
    # merchant, with gaps.
    change: int
    merchant_id: str
    offer_id: str
    placement: str
    treatment: str
    # prompt@version; None for treatments without a prompt.
    arm: str | None = None
    # The rest describes the picture, and is None unless the creative is ready.
    image_url: str | None = None
    width: int | None = None
    height: int | None = None
    format: str | None = None
    # What the gate said: pass, review or reject.
    verdict: str | None = None
    # Why it was rejected or retired.
    reason: str | None = None


# The record's fields that are keys of "data".
DATA_FIELDS = tuple(
    field.name for field in fields(CreativeEvent) if field.name not in ("event_id", "type", "at")
)
_NUMBERS = frozenset({"revision", "sequence", "change", "width", "height"})
_REQUIRED = frozenset(DATA_FIELDS[: DATA_FIELDS.index("treatment") + 1])


def read_event(value: object) -> CreativeEvent | None:
    """The record of one event's JSON object; None for a type that this version does not know.

    Unknown fields are left aside, so that a newer service may say more. Raises
    `CallbackRefusedError` naming the field when one is missing or of the wrong kind.
    """
    event = _mapping(value, "event")
    kind = _text(event, "type")
    if kind not in EVENT_TYPES:
        return None
    data = _mapping(event.get("data"), "data")
    found: dict[str, Any] = {name: _field(data, name) for name in DATA_FIELDS}
    if kind == "creative.ready" and not found["image_url"]:
        raise CallbackRefusedError("creative.ready without image_url", field="image_url")
    return CreativeEvent(
        event_id=_text(event, "id"), type=cast(EventType, kind), at=_time(event), **found
    )


def _field(data: Mapping[str, object], name: str) -> object:
    value = data.get(name)
    if value is None and name not in _REQUIRED:
        return None
    wanted = int if name in _NUMBERS else str
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise CallbackRefusedError(f"field {name} is no {wanted.__name__}", field=name)
    return value


def _mapping(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise CallbackRefusedError(f"{name} is no JSON object", field=name)
    return value


def _text(event: Mapping[str, object], name: str) -> str:
    value = event.get(name)
    if not isinstance(value, str) or not value:
        raise CallbackRefusedError(f"field {name} is missing or no text", field=name)
    return value


def _time(event: Mapping[str, object]) -> datetime:
    text = _text(event, "timestamp")
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise CallbackRefusedError(f"timestamp {text!r} is no time", field="timestamp") from error
    if at.tzinfo is None:
        raise CallbackRefusedError(f"timestamp {text!r} has no zone", field="timestamp")
    return at
