"""Renders and keys as a person handles them: list, cancel, revive, make again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from kirakat.errors import ConflictError, NotFoundError
from kirakat.store.bulk import as_record
from kirakat.store.creatives import get_creative
from kirakat.store.records import AskOutcome, Attempt, Move, QueueLength, RenderRecord
from kirakat.store.render_rows import (
    count_keys,
    end_attempt,
    lock_render,
    move_keys,
    render_from,
    set_render,
)
from kirakat.store.states import AT_ONCE, WAITING, RenderState
from kirakat.store.tables import attempts, renders
from kirakat.store.transitions import transition

_ENDED = ("done", "dead", "cancelled")


def list_renders(
    connection: Connection,
    *,
    merchant_id: str | None = None,
    states: Sequence[RenderState] = (),
    limit: int = 100,
) -> list[RenderRecord]:
    """Renders of a merchant (or of all), the last changed first; no states means any."""
    statement = select(renders).order_by(renders.c.updated_at.desc()).limit(limit)
    if merchant_id is not None:
        statement = statement.where(renders.c.merchant_id == merchant_id)
    if states:
        statement = statement.where(renders.c.state.in_(states))
    return [render_from(row) for row in connection.execute(statement)]


def get_render(connection: Connection, render_id: str) -> RenderRecord:
    """One render; raises `NotFoundError`."""
    row = connection.execute(select(renders).where(renders.c.render_id == render_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"no render {render_id}", render_id=render_id)
    return render_from(row)


def list_attempts(connection: Connection, render_id: str) -> list[Attempt]:
    """Every try of a render, oldest first."""
    statement = (
        select(attempts)
        .where(attempts.c.render_id == render_id)
        .order_by(attempts.c.round, attempts.c.number)
    )
    return [as_record(Attempt, row) for row in connection.execute(statement)]


def queue_lengths(connection: Connection) -> list[QueueLength]:
    """Renders by lane and state that have not ended, with the oldest one's time."""
    statement = (
        select(
            renders.c.lane,
            renders.c.state,
            func.count().label("renders"),
            func.min(renders.c.created_at).label("oldest"),
        )
        .where(renders.c.state.in_(("queued", "running")))
        .group_by(renders.c.lane, renders.c.state)
        .order_by(renders.c.lane, renders.c.state)
    )
    return [as_record(QueueLength, row) for row in connection.execute(statement)]


def cancel_render(
    connection: Connection, *, render_id: str, reason: str, actor: str, now: datetime
) -> None:
    """Cancel a queued or running render and the keys that wait on it.

    A worker that is at it finds out when it publishes. Raises `ConflictError` when the render
    has ended.
    """
    row = lock_render(connection, render_id)
    if row.state in _ENDED:
        raise ConflictError(f"render {render_id} is {row.state}", render_id=render_id)
    if row.state == "running":
        end_attempt(connection, row, outcome="cancelled", error=reason, now=now)
    set_render(connection, render_id, now, state="cancelled", error=reason)
    move_keys(connection, row, WAITING, "cancelled", reason=reason, actor=actor, now=now)


def cancel_creative(
    connection: Connection, *, merchant_id: str, key: str, reason: str, actor: str, now: datetime
) -> None:
    """Cancel one waiting key; its render is cancelled too when it is queued for nobody else.

    Raises `NotFoundError` for an unknown key and `StoreError` when the key no longer waits.
    """
    seen = get_creative(connection, merchant_id, key)
    row = lock_render(connection, seen.render_id)
    creative = get_creative(connection, merchant_id, key)
    move = Move(
        merchant_id=merchant_id, key=key, revision=creative.revision, origin=creative.state,
        target="cancelled", reason=reason, actor=actor,
    )  # fmt: skip
    transition(connection, move, now=now)
    if row.state == "queued" and not count_keys(connection, row.render_id, "requested"):
        set_render(connection, row.render_id, now, state="cancelled", error=reason)


def revive_render(
    connection: Connection, *, render_id: str, reason: str, actor: str, now: datetime
) -> int:
    """Queue a dead or cancelled render afresh, with its dead or cancelled keys.

    Gives the round that the caller enqueues as (render_id, round). Raises `ConflictError` for a
    render in another state.
    """
    row = lock_render(connection, render_id)
    if row.state not in ("dead", "cancelled"):
        raise ConflictError(f"render {render_id} is {row.state}", render_id=render_id)
    _queue_afresh(connection, render_id, int(row.round) + 1, int(row.draw), now)
    move_keys(
        connection, row, ("dead", "cancelled"), "requested", reason=reason, actor=actor, now=now
    )
    return int(row.round) + 1


def remake_creative(
    connection: Connection,
    *,
    merchant_id: str,
    key: str,
    revision: int,
    reason: str,
    actor: str,
    now: datetime,
    redraw: bool = True,
) -> AskOutcome:
    """Make a key again as a new revision, with another seed when `redraw`.

    Raises `NotFoundError`, `ConflictError` when the creative is no longer at `revision`, and
    `StoreError` when its state does not allow it (a ready one is retired first).
    """
    seen = get_creative(connection, merchant_id, key)
    row = lock_render(connection, seen.render_id)
    creative = get_creative(connection, merchant_id, key)
    move = Move(
        merchant_id=merchant_id, key=key, revision=revision, origin=creative.state,
        target="requested", reason=reason, actor=actor,
    )  # fmt: skip
    after = transition(connection, move, now=now)
    draw = int(row.draw) + int(redraw)
    ended = row.state in _ENDED
    number = int(row.round) + int(ended)
    if ended:
        _queue_afresh(connection, row.render_id, number, draw, now)
    else:
        set_render(connection, row.render_id, now, draw=draw)
    return AskOutcome(
        key=key,
        render_id=row.render_id,
        state="requested",
        revision=after,
        created=False,
        enqueue=ended,
        round=number,
    )


def _queue_afresh(
    connection: Connection, render_id: str, number: int, draw: int, now: datetime
) -> None:
    set_render(
        connection, render_id, now,
        state="queued", round=number, attempts=0, draw=draw, ticket="", executor_id="",
        next_at=AT_ONCE, error="",
    )  # fmt: skip
