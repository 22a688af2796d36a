"""Review events: who said what of a picture, when, and what it changed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from kirakat import __version__
from kirakat.store.ledger import append_reviews
from kirakat.store.ledger_records import ReviewRecord
from kirakat.store.records import CreativeRecord
from kirakat.store.states import CreativeState

Verdict = Literal["approve", "reject", "skip", "undo", "mask"]
DECISIONS: tuple[Verdict, ...] = ("approve", "reject")


def write_event(
    connection: Connection,
    creative: CreativeRecord,
    verdict: Verdict,
    reviewer: str,
    *,
    target: CreativeState,
    revision_after: int,
    now: datetime,
    **details: Any,
) -> str:
    """Append one event about a creative as it was; gives the event's id.

    `details` are "reason", "note", "retry", "undoes" (an event's id), "mask_before", "mask_after".
    """
    # Microseconds first, so that ids sort in the order of time.
    event_id = f"{int(now.timestamp() * 1e6):016x}{secrets.token_hex(4)}"
    record = {
        "from": creative.state,
        "to": target,
        "revision_after": revision_after,
        "sha256": creative.sha256,
        "versions": {
            "kirakat": __version__,
            "recipe": creative.recipe_label,
            "arm": creative.arm,
            "attempt": creative.attempt,
        },
        **details,
    }
    event = ReviewRecord(
        review_id=event_id,
        merchant_id=creative.merchant_id,
        key=creative.key,
        revision=creative.revision,
        verdict=verdict,
        reviewer=reviewer,
        record=record,
        at=now,
    )
    append_reviews(connection, [event])
    return event_id


def standing(events: Sequence[ReviewRecord], revision: int) -> ReviewRecord | None:
    """The decision about a revision that nobody has undone, if there is one."""
    undone = {event.record.get("undoes") for event in events if event.verdict == "undo"}
    decisions = [
        event
        for event in events
        if event.verdict in DECISIONS
        and event.revision == revision
        and event.review_id not in undone
    ]
    return decisions[-1] if decisions else None


def state_before(record: Mapping[str, Any]) -> CreativeState:
    """The state that an event found."""
    state: CreativeState = record["from"]
    return state
