"""What a worker asks of renders and callbacks besides claiming them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select, update

from kirakat.store.bulk import as_record
from kirakat.store.records import HeldRender
from kirakat.store.tables import callbacks, endpoints, merchants, renders


def held_by(connection: Connection, executor_id: str) -> list[HeldRender]:
    """The renders that a process is said to be computing."""
    statement = (
        select(renders)
        .where(renders.c.executor_id == executor_id, renders.c.state == "running")
        .order_by(renders.c.render_id)
    )
    return [as_record(HeldRender, row) for row in connection.execute(statement)]


def has_due_renders(
    connection: Connection,
    *,
    now: datetime,
    skip_merchants: Collection[str] = (),
    skip_recipes: Collection[str] = (),
) -> bool:
    """Whether a claim would find something."""
    statement = (
        select(renders.c.render_id)
        .where(renders.c.state == "queued", renders.c.next_at <= now)
        .limit(1)
    )
    if skip_merchants:
        statement = statement.where(renders.c.merchant_id.not_in(sorted(skip_merchants)))
    if skip_recipes:
        statement = statement.where(renders.c.recipe_digest.not_in(sorted(skip_recipes)))
    return connection.execute(statement).first() is not None


def has_due_callbacks(connection: Connection, *, now: datetime) -> bool:
    """Whether a callback can be sent now."""
    statement = (
        select(callbacks.c.webhook_id)
        .join(endpoints, endpoints.c.endpoint_id == callbacks.c.endpoint_id)
        .where(callbacks.c.state.in_(("pending", "failed")), callbacks.c.next_at <= now)
        .where(endpoints.c.enabled)
        .limit(1)
    )
    return connection.execute(statement).first() is not None


def explain_budgets(connection: Connection, over: Collection[str], *, reason: str) -> None:
    """Write on queued renders of merchants `over` their budget why they wait; off the others."""
    waiting = renders.c.state == "queued"
    poor = renders.c.merchant_id.in_(sorted(over))
    capped = renders.c.merchant_id.in_(
        select(merchants.c.merchant_id).where(merchants.c.daily_renders.is_not(None))
    )
    connection.execute(
        update(renders).where(waiting, poor, renders.c.error == "").values(error=reason)
    )
    no_longer = or_(and_(capped, ~poor), ~capped)
    connection.execute(
        update(renders).where(waiting, renders.c.error == reason, no_longer).values(error="")
    )


def render_ids_from(connection: Connection, beginning: str, *, limit: int = 2) -> list[str]:
    """Ids that begin with some hexadecimal digits, sorted; `limit` of them."""
    statement = (
        select(renders.c.render_id)
        .where(renders.c.render_id >= beginning, renders.c.render_id < beginning + "g")
        .order_by(renders.c.render_id)
        .limit(limit)
    )
    return list(connection.execute(statement).scalars())
