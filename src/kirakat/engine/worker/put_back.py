"""End a claim without a result: another try later, or a dead letter."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from kirakat.engine.port.dbos_engine import DbosEngine
from kirakat.engine.port.tickets import ticket_id
from kirakat.engine.worker.options import WorkerOptions
from kirakat.store.claims import bury_render, retry_render
from kirakat.store.merchants import spend_renders
from kirakat.store.records import HeldRender, RenderRecord

if TYPE_CHECKING:
    from sqlalchemy import Connection

# A ticket comes a little after its render is due, so that it finds it.
_MARGIN = 0.1


def put_back(
    connection: Connection,
    engine: DbosEngine,
    held: RenderRecord | HeldRender,
    *,
    error: str,
    outcome: Literal["failed", "lost", "released"],
    options: WorkerOptions,
    now: datetime,
) -> bool:
    """Queue a claimed render again with a new ticket; False when it became a dead letter.

    A failure waits longer each time; what a dead process held is due at once the first time.
    Raises `ConflictError` when the claim has ended meanwhile.
    """
    if outcome != "released" and held.attempts >= options.max_attempts:
        bury_render(
            connection, render_id=held.render_id, ticket=held.ticket,
            error=f"{error} ({held.attempts} tries)", now=now,
        )  # fmt: skip
        return False
    delay = _delay(held.attempts, outcome, options)
    retry_render(
        connection, render_id=held.render_id, ticket=held.ticket, error=error,
        next_at=now + timedelta(seconds=delay), now=now, outcome=outcome,
    )  # fmt: skip
    if outcome == "released" and held.attempts == 1:
        # Its next claim is a first try again, and booked again: perhaps on another day.
        spend_renders(connection, held.merchant_id, day=held.updated_at.date(), renders=-1)
    ticket = ticket_id(held.render_id, held.round)
    engine.reissue(connection, ticket, delay=delay + _MARGIN if delay else 0.0)
    return True


def _delay(tries: int, outcome: str, options: WorkerOptions) -> float:
    if outcome == "failed":
        return options.retry_delay(tries)
    if outcome == "lost" and tries > 1:
        return options.retry_delay(tries - 1)
    return 0.0
