"""What the modules about renders share: reading, locking and ending rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from kirakat.errors import ConflictError, NotFoundError
from kirakat.store.bulk import AnyRow, as_record
from kirakat.store.json_records import from_json
from kirakat.store.records import RenderRecord
from kirakat.store.states import CreativeState
from kirakat.store.tables import attempts, creatives, renders
from kirakat.store.transitions import transition_all
from kirakat.types import Offer, Recipe, RenderedPrompt


def render_from(row: AnyRow) -> RenderRecord:
    """The row of `renders` as a record."""
    prompt = row.inputs["prompt"]
    return as_record(
        RenderRecord,
        row,
        offer=from_json(Offer, row.inputs["offer"]),
        prompt=from_json(RenderedPrompt, prompt) if prompt else None,
        recipe=from_json(Recipe, row.inputs["recipe"]),
        trace=row.inputs.get("trace", ""),
    )


def lock_render(connection: Connection, render_id: str) -> AnyRow:
    """The render's row, which nobody else changes before this transaction ends."""
    statement = (
        select(renders).where(renders.c.render_id == render_id).with_for_update(key_share=True)
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise NotFoundError(f"no render {render_id}", render_id=render_id)
    return row


def lock_held(connection: Connection, render_id: str, ticket: str) -> AnyRow:
    """The locked row of a render that runs under `ticket`; raises `ConflictError` otherwise."""
    row = lock_render(connection, render_id)
    if row.state != "running" or row.ticket != ticket:
        raise ConflictError(
            f"render {render_id} is {row.state} and no longer held by {ticket}",
            render_id=render_id,
            ticket=ticket,
        )
    return row


def set_render(connection: Connection, render_id: str, now: datetime, **values: Any) -> None:
    """Change columns of a render that this transaction has locked."""
    connection.execute(
        update(renders)
        .where(renders.c.render_id == render_id)
        .values(**{**values, "updated_at": now})
    )


def end_attempt(
    connection: Connection, row: AnyRow, *, outcome: str, error: str, now: datetime
) -> None:
    """Write how the render's present try ended."""
    connection.execute(
        update(attempts)
        .where(attempts.c.render_id == row.render_id)
        .where(attempts.c.round == row.round, attempts.c.number == row.attempts)
        .where(attempts.c.ended_at.is_(None))
        .values(ended_at=now, outcome=outcome, error=error)
    )


def move_keys(
    connection: Connection,
    row: AnyRow,
    origins: Sequence[CreativeState],
    target: CreativeState,
    *,
    reason: str,
    actor: str,
    now: datetime,
) -> None:
    """Move the render's keys that are in one of `origins`."""
    for origin in origins:
        statement = select(creatives.c.key, creatives.c.revision).where(
            creatives.c.render_id == row.render_id, creatives.c.state == origin
        )
        keys = {row.key: row.revision for row in connection.execute(statement)}
        transition_all(
            connection, merchant_id=row.merchant_id, keys=keys, origin=origin,
            target=target, reason=reason, actor=actor, now=now,
        )  # fmt: skip


def count_keys(connection: Connection, render_id: str, state: CreativeState) -> int:
    """How many of the render's keys are in a state."""
    statement = select(creatives.c.key).where(
        creatives.c.render_id == render_id, creatives.c.state == state
    )
    return len(connection.execute(statement).all())
