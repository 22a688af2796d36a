"""How a claimed render ends; `kirakat.store.claim_company` claims it.

Every function that ends a claim raises `ConflictError` when the ticket no longer holds the
render, so that a worker that was given up for dead and wakes late changes nothing.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from kirakat.errors import StoreError
from kirakat.store.bulk import AnyRow
from kirakat.store.render_rows import (
    count_keys,
    end_attempt,
    lock_held,
    move_keys,
    set_render,
)
from kirakat.store.states import WAITING
from kirakat.store.tables import attempts


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


def _forget_attempt(connection: Connection, row: AnyRow) -> None:
    """Drop the row of a try that does not count, since its number will be used again."""
    connection.execute(
        attempts.delete()
        .where(attempts.c.render_id == row.render_id)
        .where(attempts.c.round == row.round, attempts.c.number == row.attempts)
    )
