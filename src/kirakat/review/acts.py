"""Approve, reject, skip: each a compare-and-set on what the person saw, and one event.

A rejection leaves the arms and the service at once (the merchant's epoch rises) and calls the
recommender back, all by the transition itself; its reason picks what is tried next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from kirakat.engine.port.engine import Engine, jobs_of
from kirakat.errors import ConflictError, StoreError
from kirakat.review.explain import explain
from kirakat.review.reasons import BY_NAME, RETRIES, Reason
from kirakat.review.review_events import standing, write_event
from kirakat.store.creatives import creatives_by_key
from kirakat.store.jobs import remake_creative
from kirakat.store.ledger import read_reviews
from kirakat.store.records import AskOutcome, CreativeRecord, Move
from kirakat.store.render_rows import lock_render
from kirakat.store.review_records import Account
from kirakat.store.states import CreativeState
from kirakat.store.transitions import transition

_SEEN: tuple[CreativeState, ...] = ("in_review", "ready", "rejected")


@dataclass(frozen=True, kw_only=True)
class Act:
    """What a person wants done with a creative, and in which state they saw it."""

    key: str
    revision: int
    state: str
    verdict: Literal["approve", "reject", "skip"]
    # A name of `reasons.REASONS`; for rejections.
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ActOutcome:
    """What came of an act."""

    key: str
    done: bool
    # What a person reads: what was done, or who was faster.
    message: str
    state: str = ""
    revision: int = 0
    # The event, to be undone by; empty where nothing was done.
    event_id: str = ""


def perform(
    connection: Connection, acts: Sequence[Act], person: Account, engine: Engine, *, now: datetime
) -> list[ActOutcome]:
    """Do them all in the caller's transaction; one outcome for each, in order.

    What somebody else changed first is left alone and explained; the others are done. Raises
    `StoreError`, nothing done, for an unknown reason or one that lacks its note.
    """
    for act in acts:
        _check(act)
    found = creatives_by_key(connection, person.merchant_id, [act.key for act in acts])
    # Renders before creatives, in one order, as everybody does.
    for render_id in sorted({item.render_id for item in found.values()}):
        lock_render(connection, render_id)
    return [_perform(connection, act, person, engine, now) for act in acts]


def _perform(
    connection: Connection, act: Act, person: Account, engine: Engine, now: datetime
) -> ActOutcome:
    merchant_id = person.merchant_id
    creative = creatives_by_key(connection, merchant_id, (act.key,)).get(act.key)
    if creative is None:
        return ActOutcome(key=act.key, done=False, message="There is no such creative.")
    try:
        _compare(connection, act, creative)
        if act.verdict == "skip":
            return _skip(connection, creative, person, now)
        if act.verdict == "approve":
            return _approve(connection, creative, act, person, now)
        return _reject(connection, creative, act, person, engine, now)
    except ConflictError:
        return ActOutcome(
            key=act.key,
            done=False,
            message=explain(connection, creative, person.name),
            state=creative.state,
            revision=creative.revision,
        )


def _check(act: Act) -> None:
    if act.verdict != "reject":
        return
    reason = BY_NAME.get(act.reason)
    if reason is None:
        raise StoreError(f"there is no reason {act.reason!r}", reason=act.reason)
    if reason.needs_note and not act.note.strip():
        raise StoreError(f'the reason "{reason.label}" needs a note', reason=act.reason)


def _compare(connection: Connection, act: Act, creative: CreativeRecord) -> None:
    """Raises `ConflictError` when the creative is not as the person saw it."""
    seen = (act.state, act.revision)
    if seen != (creative.state, creative.revision) or creative.state not in _SEEN:
        raise ConflictError(f"{act.key} is not {act.state} any more", key=act.key)
    if act.verdict == "skip":
        return
    events = read_reviews(connection, creative.merchant_id, creative.key)
    decided = standing(events, creative.revision)
    # An approved picture may be rejected later, by whoever sees it as it is now.
    if decided is not None and decided.verdict == act.verdict:
        raise ConflictError(f"{act.key} is decided already", key=act.key)


def _skip(
    connection: Connection, creative: CreativeRecord, person: Account, now: datetime
) -> ActOutcome:
    event_id = write_event(
        connection, creative, "skip", person.name,
        target=creative.state, revision_after=creative.revision, now=now,
    )  # fmt: skip
    return ActOutcome(
        key=creative.key, done=True, message="Skipped.", state=creative.state,
        revision=creative.revision, event_id=event_id,
    )  # fmt: skip


def _approve(
    connection: Connection, creative: CreativeRecord, act: Act, person: Account, now: datetime
) -> ActOutcome:
    after = creative.revision
    if creative.state != "ready":
        why = "approved" if creative.state == "in_review" else "approved against the gate"
        after = transition(connection, _move(creative, "ready", why, person), now=now)
    event_id = write_event(
        connection, creative, "approve", person.name,
        target="ready", revision_after=after, now=now, note=act.note,
    )  # fmt: skip
    return ActOutcome(
        key=creative.key, done=True, message="Approved.", state="ready", revision=after,
        event_id=event_id,
    )  # fmt: skip


def _reject(
    connection: Connection,
    creative: CreativeRecord,
    act: Act,
    person: Account,
    engine: Engine,
    now: datetime,
) -> ActOutcome:
    reason = BY_NAME[act.reason]
    why = f"{reason.label}: {act.note}" if act.note else reason.label
    after, state = creative.revision, "rejected"
    if creative.state != "rejected":
        after = transition(connection, _move(creative, "rejected", why, person), now=now)
    again = _try_again(connection, creative, after, reason, person, now)
    if again is not None:
        engine.enqueue(connection, jobs_of([again]))
        after, state = again.revision, again.state
    event_id = write_event(
        connection, creative, "reject", person.name,
        target="rejected", revision_after=after, now=now,
        reason=reason.name, note=act.note, retry=reason.retry,
    )  # fmt: skip
    return ActOutcome(
        key=creative.key,
        done=True,
        message=f"Rejected, {reason.label.lower()}: {RETRIES[reason.retry]}.",
        state=state,
        revision=after,
        event_id=event_id,
    )


def _try_again(
    connection: Connection,
    creative: CreativeRecord,
    revision: int,
    reason: Reason,
    person: Account,
    now: datetime,
) -> AskOutcome | None:
    if reason.retry not in ("redraw", "next_scene") or creative.treatment != "generated":
        return None
    return remake_creative(
        connection, merchant_id=creative.merchant_id, key=creative.key, revision=revision,
        reason=reason.label, actor=person.name, now=now,
    )  # fmt: skip


def _move(creative: CreativeRecord, target: CreativeState, why: str, person: Account) -> Move:
    return Move(
        merchant_id=creative.merchant_id, key=creative.key, revision=creative.revision,
        origin=creative.state, target=target, reason=why, actor=person.name,
    )  # fmt: skip
