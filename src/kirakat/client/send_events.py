"""Report what shoppers did: in batches, again when the service is away, and counted once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

from kirakat.client.errors import EventsNotSentError, ServiceError

EventKind = Literal["impression", "click", "conversion", "cost"]
# Events of one request.
_BATCH = 1000
# Statuses after which the same batch may be taken later.
_AGAIN = frozenset({429, 500, 502, 503, 504})
_LONGEST_WAIT = 5.0

# Sends one body and gives the answer, or raises `ServiceError`.
Post = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class ShopperEvent:
    """Something that happened to what `resolve` had shown."""

    kind: EventKind
    # From `resolve`'s answer: the decision's id, or its token where the service gives one.
    decision_id: str | None = None
    token: str | None = None
    # When it happened, with a zone.
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    # Revenue of a conversion, or what a cost was.
    value: float | None = None
    placement: str | None = None
    # The service takes an id once, however often it is sent.
    event_id: str = field(default_factory=lambda: uuid4().hex)


@dataclass(frozen=True, kw_only=True)
class RefusedEvent:
    """An event that the service will not take, and why."""

    event: ShopperEvent
    reason: str


@dataclass(frozen=True, kw_only=True)
class SentEvents:
    """What became of events."""

    accepted: int
    # Known to the service before.
    duplicates: int
    refused: tuple[RefusedEvent, ...]


def send_all(
    events: Sequence[ShopperEvent],
    post: Post,
    *,
    patience: float,
    sleep: Callable[[float], None] = time.sleep,
) -> SentEvents:
    """Send batch after batch; each is tried again for `patience` seconds of waiting.

    Raises `EventsNotSentError` with the events that are left when the service stays away, and
    `ServiceError` when it refuses for good (such as for a wrong key).
    """
    accepted = duplicates = 0
    refused: list[RefusedEvent] = []
    for start in range(0, len(events), _BATCH):
        batch = events[start : start + _BATCH]
        try:
            answer = _send(batch, post, patience, sleep)
        except ServiceError as error:
            if not _is_passing(error):
                raise
            raise EventsNotSentError(str(error), unsent=tuple(events[start:])) from error
        accepted += int(answer["accepted"])
        duplicates += int(answer["duplicates"])
        for item in answer["errors"]:
            refused.append(RefusedEvent(event=batch[item["index"]], reason=item["reason"]))
    return SentEvents(accepted=accepted, duplicates=duplicates, refused=tuple(refused))


def _send(
    batch: Sequence[ShopperEvent], post: Post, patience: float, sleep: Callable[[float], None]
) -> Mapping[str, Any]:
    body = {"events": [_written(event) for event in batch]}
    for wait in _waits(patience):
        try:
            return post(body)
        except ServiceError as error:
            if not _is_passing(error):
                raise
        sleep(wait)
    return post(body)


def _waits(patience: float) -> Iterator[float]:
    """Seconds to wait after each try: twice as long each time, `patience` in all."""
    wait, left = 0.2, patience
    while left > 0:
        yield min(wait, left)
        left -= wait
        wait = min(2 * wait, _LONGEST_WAIT)


def _is_passing(error: ServiceError) -> bool:
    """Whether the service may take the same later: it was out of reach, or said so."""
    status = error.data.get("status")
    return status is None or status in _AGAIN


def _written(event: ShopperEvent) -> dict[str, Any]:
    values = {
        "event_id": event.event_id,
        "kind": event.kind,
        "decision_id": event.decision_id,
        "token": event.token,
        "at": event.at.isoformat(),
        "value": event.value,
        "placement": event.placement,
    }
    return {name: value for name, value in values.items() if value is not None}
