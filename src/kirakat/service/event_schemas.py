"""What a batch of events looks like, and what is wrong with one of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field

from kirakat.bandit.learner.timing import CLOCK_SKEW, OLDEST
from kirakat.service.problems import ProblemError

MAX_EVENTS = 1000
Kind = Literal["impression", "click", "conversion", "cost"]

_KINDS: tuple[str, ...] = get_args(Kind)
_FIELDS = frozenset({"event_id", "kind", "decision_id", "token", "at", "value", "placement"})
_LONGEST_ID, _LONGEST_TOKEN, _LARGEST = 100, 16_000, 1e12


class EventsBody(BaseModel):
    """Up to 1,000 events."""

    model_config = ConfigDict(extra="forbid", strict=True)

    events: list[Any] = Field(
        min_length=1,
        max_length=MAX_EVENTS,
        description='Objects with "event_id", "kind" (impression, click, conversion or cost), '
        '"decision_id" or "token", and optionally "at" (with a zone), "value" and "placement". '
        "One that is wrong is told of in the answer and stops no other.",
        examples=[
            [
                {
                    "event_id": "e-1",
                    "kind": "click",
                    "decision_id": "18a1-0",
                    "at": "2026-11-21T09:00Z",
                }
            ]
        ],
    )


class EventErrorBody(BaseModel):
    """An event that was not taken."""

    index: int = Field(description="Its place in the batch, from 0")
    event_id: str | None
    reason: str = Field(examples=["unknown decision"])


class EventsAnswer(BaseModel):
    """What became of a batch."""

    accepted: int = Field(description="New events, written down")
    duplicates: int = Field(description="Events whose id was there already")
    errors: list[EventErrorBody]
    request_id: str


class SentEvent(NamedTuple):
    """A well-formed event."""

    # Its place in the batch, from 0.
    place: int
    event_id: str
    kind: str
    # Empty when only a token came.
    decision_id: str
    token: str
    at: datetime
    # Whether the sender gave no time, so that it is that of arrival.
    is_stamped: bool
    value: float | None
    placement: str


class RefusedEvent(NamedTuple):
    """An event that is not taken."""

    place: int
    event_id: str | None
    reason: str


def read_batch(value: object) -> list[Any]:
    """The events of a body; raises `ProblemError` when it is no batch."""
    events = value.get("events") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(events, list) or not events:
        raise ProblemError(
            400,
            "The request is not well-formed.",
            errors=[{"field": "body.events", "message": f"Send 1 to {MAX_EVENTS} events."}],
        )
    if len(events) > MAX_EVENTS:
        raise ProblemError(413, f"More than {MAX_EVENTS} events in one batch.")
    return events


def read_one(place: int, value: object, now: datetime) -> SentEvent | RefusedEvent:
    """One event of a batch that came in at `now`."""
    if not isinstance(value, dict):
        return RefusedEvent(place, None, "is no object")
    name = value.get("event_id")
    told = name[:_LONGEST_ID] if isinstance(name, str) else None
    try:
        return _read(place, value, now)
    except ValueError as error:
        return RefusedEvent(place, told, str(error))


def _read(place: int, value: Mapping[str, Any], now: datetime) -> SentEvent:
    stray = value.keys() - _FIELDS
    if stray:
        raise ValueError(f"unknown field {min(stray)[:50]}")
    kind = value.get("kind")
    if kind not in _KINDS:
        raise ValueError(f"kind is none of {', '.join(_KINDS)}")
    event = SentEvent(
        place=place,
        event_id=_text(value, "event_id", _LONGEST_ID),
        kind=str(kind),
        decision_id=_text(value, "decision_id", _LONGEST_ID, optional=True),
        token=_text(value, "token", _LONGEST_TOKEN, optional=True),
        at=_time(value.get("at"), now),
        is_stamped=value.get("at") is None,
        value=_number(value.get("value"), str(kind)),
        placement=_text(value, "placement", _LONGEST_ID, optional=True),
    )
    if not event.event_id or not (event.decision_id or event.token):
        raise ValueError("lacks event_id, or decision_id or token")
    return event


def _text(value: Mapping[str, Any], name: str, longest: int, *, optional: bool = False) -> str:
    found = value.get(name)
    if found is None and optional:
        return ""
    if not isinstance(found, str) or not found or len(found) > longest or "\0" in found:
        raise ValueError(f"{name} is no text of 1 to {longest} characters")
    try:
        found.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{name} is no text") from error
    return found


def _time(value: object, now: datetime) -> datetime:
    if value is None:
        return now
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        at = at.astimezone(UTC) if at and at.tzinfo else None
    except (ValueError, OverflowError):
        at = None
    if at is None:
        raise ValueError("at is no ISO 8601 time with a zone")
    if at > now + CLOCK_SKEW:
        raise ValueError("lies in the future")
    if at < now - OLDEST:
        raise ValueError(f"lies more than {OLDEST.days} days back")
    return at


def _number(value: object, kind: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("value is no number")
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise ValueError("value is no finite number of a sensible size")
    if value < 0 and kind == "cost":
        raise ValueError("a cost is 0 or more")
    return float(value)
