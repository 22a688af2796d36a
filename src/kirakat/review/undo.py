"""Take a decision back: an event of its own, and the moves that lead back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from kirakat.errors import ConflictError, NotFoundError
from kirakat.review.acts import ActOutcome
from kirakat.review.explain import explain
from kirakat.review.review_events import state_before, write_event
from kirakat.store.creatives import get_creative
from kirakat.store.jobs import cancel_creative
from kirakat.store.ledger import read_reviews
from kirakat.store.ledger_records import ReviewRecord
from kirakat.store.records import CreativeRecord, Move
from kirakat.store.render_rows import lock_render
from kirakat.store.review_records import Account
from kirakat.store.states import CreativeState
from kirakat.store.transitions import transition


def undo(
    connection: Connection, key: str, event_id: str, person: Account, *, now: datetime
) -> ActOutcome:
    """Take back the last decision about a creative, if nothing has come of it yet.

    One's own; an admin takes back everybody's. Raises `NotFoundError` for an event that is not
    there and `ConflictError`, with what happened since, when it is too late.
    """
    merchant_id = person.merchant_id
    seen = get_creative(connection, merchant_id, key)
    lock_render(connection, seen.render_id)
    creative = get_creative(connection, merchant_id, key)
    event = _find(connection, creative, event_id, person)
    back = _way_back(creative, event)
    if back is None:
        raise ConflictError(f"Too late. {explain(connection, creative, person.name)}", key=key)
    after = _walk(connection, creative, back, person, now)
    own = write_event(
        connection, creative, "undo", person.name,
        target=after.state, revision_after=after.revision, now=now, undoes=event_id,
    )  # fmt: skip
    return ActOutcome(
        key=key, done=True, message="Taken back.", state=after.state,
        revision=after.revision, event_id=own,
    )  # fmt: skip


def _find(
    connection: Connection, creative: CreativeRecord, event_id: str, person: Account
) -> ReviewRecord:
    """The event, if it is the last one about the creative and this person may take it back."""
    events = read_reviews(connection, creative.merchant_id, creative.key)
    known = {event.review_id: event for event in events}
    event = known.get(event_id)
    if event is None or (event.reviewer != person.name and person.role != "admin"):
        raise NotFoundError("There is no such decision of yours.", event_id=event_id)
    if events[-1].review_id != event_id or event.verdict == "undo":
        raise ConflictError(f"Too late. {explain(connection, creative, person.name)}")
    return event


def _way_back(creative: CreativeRecord, event: ReviewRecord) -> tuple[CreativeState, ...] | None:
    """The states to go through, from the present one; None when there is no way back."""
    before = state_before(event.record)
    if creative.revision != event.record.get("revision_after"):
        return None
    if creative.state == before:
        return ()
    ways: dict[tuple[CreativeState, CreativeState], tuple[CreativeState, ...]] = {
        ("ready", "in_review"): ("rejected", "in_review"),
        ("ready", "rejected"): ("rejected",),
        ("rejected", "in_review"): ("in_review",),
        ("rejected", "ready"): ("ready",),
        ("requested", "in_review"): ("cancelled", "in_review"),
        ("requested", "ready"): ("cancelled", "in_review", "ready"),
        ("requested", "rejected"): ("cancelled", "in_review", "rejected"),
    }
    return ways.get((creative.state, before))


def _walk(
    connection: Connection,
    creative: CreativeRecord,
    states: tuple[CreativeState, ...],
    person: Account,
    now: datetime,
) -> CreativeRecord:
    why = "a decision was taken back"
    at = creative
    for target in states:
        if target == "cancelled":
            cancel_creative(
                connection, merchant_id=at.merchant_id, key=at.key, reason=why,
                actor=person.name, now=now,
            )  # fmt: skip
        else:
            move = Move(
                merchant_id=at.merchant_id, key=at.key, revision=at.revision, origin=at.state,
                target=target, reason=why, actor=person.name,
            )  # fmt: skip
            transition(connection, move, now=now)
        at = get_creative(connection, at.merchant_id, at.key)
    return at
