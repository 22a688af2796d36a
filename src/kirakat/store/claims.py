"""Which render a worker computes, and how it ends.

A job is a ticket: whoever runs it claims the most urgent render, whichever it is. Every
function that ends a claim raises `ConflictError` when the ticket no longer holds the render, so
that a worker that was given up for dead and wakes late changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select, update

from kirakat.errors import StoreError
from kirakat.store.bulk import AnyRow, insert_all
from kirakat.store.records import RenderRecord
from kirakat.store.render_rows import (
    count_keys,
    end_attempt,
    lock_held,
    move_keys,
    render_from,
    set_render,
)
from kirakat.store.states import WAITING
from kirakat.store.tables import attempts, renders


def claim_render(
    connection: Connection,
    *,
    ticket: str,
    executor_id: str,
    now: datetime,
    skip_merchants: Collection[str] = (),
    skip_recipes: Collection[str] = (),
) -> RenderRecord | None:
    """Take the most urgent queued render, or None when none is due.

    Online comes before catalogue, then what was asked for most, then the oldest. A ticket that
    holds a render already gets the same one again; on another executor that counts as a new
    try, since the first one's process is gone. The keys that wait move to `rendering`.
    `skip_recipes` are digests.
    """
    held = _held_by(connection, ticket)
    if held is not None and held.executor_id == executor_id:
        return render_from(held)
    if held is not None:
        end_attempt(connection, held, outcome="lost", error="the process is gone", now=now)
    row = held if held is not None else _most_urgent(connection, now, skip_merchants, skip_recipes)
    if row is None:
        return None
    claimed = connection.execute(
        update(renders)
        .where(renders.c.render_id == row.render_id, renders.c.state == row.state)
        .values(
            state="running",
            ticket=ticket,
            executor_id=executor_id,
            attempts=renders.c.attempts + 1,
            updated_at=now,
        )
        .returning(renders)
    ).one()
    _begin_attempt(connection, claimed, now)
    move_keys(
        connection, claimed, ("requested",), "rendering",
        reason="", actor=executor_id, now=now,
    )  # fmt: skip
    return render_from(claimed)


def hold_render(connection: Connection, *, render_id: str, ticket: str) -> None:
    """Keep others from ending this claim until the transaction ends.

    A worker calls it first in the transaction that publishes. Raises `ConflictError` when the
    ticket no longer holds the render.
    """
    lock_held(connection, render_id, ticket)


def finish_render(
    connection: Connection, *, render_id: str, ticket: str, now: datetime
) -> int | None:
    """End a claim whose keys are all published; gives the new round when more keys came.

    Keys that were asked for while it ran make a new round, which the caller enqueues as
    (render_id, round). Raises `StoreError` when a key was left in `rendering`.
    """
    row = lock_held(connection, render_id, ticket)
    if count_keys(connection, render_id, "rendering"):
        raise StoreError(f"render {render_id} has keys that were not published")
    end_attempt(connection, row, outcome="done", error="", now=now)
    if not count_keys(connection, render_id, "requested"):
        set_render(connection, render_id, now, state="done", error="")
        return None
    set_render(
        connection, render_id, now,
        state="queued", round=row.round + 1, attempts=0, ticket="", executor_id="", next_at=now,
    )  # fmt: skip
    return int(row.round) + 1


def retry_render(
    connection: Connection,
    *,
    render_id: str,
    ticket: str,
    error: str,
    next_at: datetime,
    now: datetime,
    outcome: str = "failed",
) -> int:
    """Put a claimed render back, to be claimed from `next_at` on; gives the tries so far.

    `outcome` is what its attempt says: "failed", "lost" (its process died) or "released" (its
    process stops in good order), which does not count as a try.
    """
    row = lock_held(connection, render_id, ticket)
    end_attempt(connection, row, outcome=outcome, error=error, now=now)
    tries = int(row.attempts)
    if outcome == "released":
        _forget_attempt(connection, row)
        tries -= 1
    set_render(
        connection, render_id, now,
        state="queued", attempts=tries, ticket="", executor_id="", next_at=next_at, error=error,
    )  # fmt: skip
    move_keys(
        connection, row, ("rendering",), "requested",
        reason=error, actor=row.executor_id, now=now,
    )  # fmt: skip
    return tries


def bury_render(
    connection: Connection, *, render_id: str, ticket: str, error: str, now: datetime
) -> None:
    """Give a claimed render up: it and all keys that wait on it are dead letters."""
    row = lock_held(connection, render_id, ticket)
    end_attempt(connection, row, outcome="dead", error=error, now=now)
    set_render(connection, render_id, now, state="dead", error=error)
    move_keys(connection, row, WAITING, "dead", reason=error, actor=row.executor_id, now=now)


def _held_by(connection: Connection, ticket: str) -> AnyRow | None:
    statement = (
        select(renders)
        .where(renders.c.ticket == ticket, renders.c.state == "running")
        .with_for_update(key_share=True)
    )
    return connection.execute(statement).one_or_none()


def _most_urgent(
    connection: Connection,
    now: datetime,
    skip_merchants: Collection[str],
    skip_recipes: Collection[str],
) -> AnyRow | None:
    statement = (
        select(renders)
        .where(renders.c.state == "queued", renders.c.next_at <= now)
        .order_by(
            renders.c.lane.desc(), renders.c.asked.desc(), renders.c.created_at,
            renders.c.render_id,
        )
        .limit(1)
        .with_for_update(key_share=True, skip_locked=True)
    )  # fmt: skip
    if skip_merchants:
        statement = statement.where(renders.c.merchant_id.not_in(sorted(skip_merchants)))
    if skip_recipes:
        statement = statement.where(renders.c.recipe_digest.not_in(sorted(skip_recipes)))
    return connection.execute(statement).one_or_none()


def _begin_attempt(connection: Connection, row: AnyRow, now: datetime) -> None:
    insert_all(
        connection,
        attempts,
        [
            {
                "render_id": row.render_id,
                "round": row.round,
                "number": row.attempts,
                "merchant_id": row.merchant_id,
                "executor_id": row.executor_id,
                "started_at": now,
            }
        ],
    )


def _forget_attempt(connection: Connection, row: AnyRow) -> None:
    """Drop the row of a try that does not count, since its number will be used again."""
    connection.execute(
        attempts.delete()
        .where(attempts.c.render_id == row.render_id)
        .where(attempts.c.round == row.round, attempts.c.number == row.attempts)
    )
