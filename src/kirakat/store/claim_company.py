"""Which renders a worker computes, and how many of them end in few statements.

`kirakat.store.claims` ends one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from kirakat.store.bulk import AnyRow, insert_all
from kirakat.store.records import RenderRecord
from kirakat.store.render_rows import render_from
from kirakat.store.states import WAITING
from kirakat.store.tables import attempts, creatives, renders
from kirakat.store.transitions import transition_all


def claim_renders(
    connection: Connection,
    *,
    tickets: Sequence[str],
    executor_id: str,
    now: datetime,
    skip_merchants: Collection[str] = (),
    skip_recipes: Collection[str] = (),
) -> list[RenderRecord]:
    """Claim the most urgent queued render and others that can be made together with it.

    Online comes before catalogue, then what was asked for most, then the oldest. Its company
    is of the same merchant, recipe, treatment and bucket: at most one render a ticket, in all.
    One that was tried before goes alone, and company was never tried. Keys that wait move to
    `rendering`. Tickets are names that hold nothing yet; `skip_recipes` are digests.
    """
    leader = _most_urgent(connection, now, skip_merchants, skip_recipes)
    if leader is None:
        return []
    rows = [leader]
    if leader.attempts == 0 and len(tickets) > 1:
        rows += _alike(connection, leader, len(tickets) - 1, now)
    claimed = [
        replace(
            render_from(row), state="running", ticket=ticket, executor_id=executor_id,
            attempts=row.attempts + 1, updated_at=now,
        )
        for row, ticket in zip(rows, tickets, strict=False)
    ]  # fmt: skip
    _mark(connection, claimed, now)
    _begin_attempts(connection, claimed, now)
    _move_keys(connection, claimed, now)
    return claimed


def held_claims(connection: Connection, claims: Sequence[tuple[str, str]]) -> set[str]:
    """Of claims (render_id, ticket), the renders still held by them, locked until the end."""
    tickets = dict(claims)
    statement = (
        select(renders.c.render_id, renders.c.ticket)
        .where(renders.c.render_id.in_(sorted(tickets)), renders.c.state == "running")
        .order_by(renders.c.render_id)
        .with_for_update(key_share=True)
    )
    rows = connection.execute(statement)
    return {row.render_id for row in rows if row.ticket == tickets[row.render_id]}


def finish_company(
    connection: Connection, render_ids: Sequence[str], *, now: datetime
) -> tuple[str, ...]:
    """End claims that `held_claims` locked; gives those left because keys still wait on them.

    The latter are ended one by one with `finish_render`.
    """
    waiting = (
        select(creatives.c.render_id, func.count())
        .where(creatives.c.render_id.in_(render_ids), creatives.c.state.in_(WAITING))
        .group_by(creatives.c.render_id)
    )
    left = {row.render_id for row in connection.execute(waiting)}
    ended = sorted(set(render_ids) - left)
    if ended:
        connection.execute(
            update(attempts)
            .where(attempts.c.render_id.in_(ended), attempts.c.ended_at.is_(None))
            .values(ended_at=now, outcome="done", error="")
        )
        connection.execute(
            update(renders)
            .where(renders.c.render_id.in_(ended))
            .values(state="done", error="", updated_at=now)
        )
    return tuple(sorted(left))


# The order of claims; an index has it too. "online" sorts after "catalog".
_URGENCY = (
    renders.c.lane.desc(),
    renders.c.asked.desc(),
    renders.c.created_at,
    renders.c.render_id,
)


def _most_urgent(
    connection: Connection,
    now: datetime,
    skip_merchants: Collection[str],
    skip_recipes: Collection[str],
) -> AnyRow | None:
    statement = (
        select(renders)
        .where(renders.c.state == "queued", renders.c.next_at <= now)
        .order_by(*_URGENCY)
        .limit(1)
        .with_for_update(key_share=True, skip_locked=True)
    )
    if skip_merchants:
        statement = statement.where(renders.c.merchant_id.not_in(sorted(skip_merchants)))
    if skip_recipes:
        statement = statement.where(renders.c.recipe_digest.not_in(sorted(skip_recipes)))
    return connection.execute(statement).one_or_none()


def _alike(connection: Connection, leader: AnyRow, limit: int, now: datetime) -> Sequence[AnyRow]:
    """The most urgent renders of the leader's kind."""
    statement = (
        select(renders)
        .where(renders.c.state == "queued", renders.c.next_at <= now)
        .where(renders.c.merchant_id == leader.merchant_id)
        .where(renders.c.recipe_digest == leader.recipe_digest)
        .where(renders.c.treatment == leader.treatment, renders.c.bucket == leader.bucket)
        .where(renders.c.attempts == 0, renders.c.render_id != leader.render_id)
        .order_by(*_URGENCY)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    )
    return connection.execute(statement).all()


def _mark(connection: Connection, claimed: Sequence[RenderRecord], now: datetime) -> None:
    connection.execute(
        update(renders)
        .where(renders.c.render_id == bindparam("the_id"))
        .values(
            state="running",
            ticket=bindparam("the_ticket"),
            executor_id=claimed[0].executor_id,
            attempts=claimed[0].attempts,
            updated_at=now,
        ),
        [{"the_id": item.render_id, "the_ticket": item.ticket} for item in claimed],
    )


def _begin_attempts(connection: Connection, claimed: Sequence[RenderRecord], now: datetime) -> None:
    rows: list[dict[str, Any]] = [
        {
            "render_id": item.render_id,
            "round": item.round,
            "number": item.attempts,
            "merchant_id": item.merchant_id,
            "executor_id": item.executor_id,
            "started_at": now,
        }
        for item in claimed
    ]
    insert_all(connection, attempts, rows)


def _move_keys(connection: Connection, claimed: Sequence[RenderRecord], now: datetime) -> None:
    statement = select(creatives.c.key, creatives.c.revision).where(
        creatives.c.render_id.in_([item.render_id for item in claimed]),
        creatives.c.state == "requested",
    )
    keys = {str(row.key): int(row.revision) for row in connection.execute(statement)}
    transition_all(
        connection, merchant_id=claimed[0].merchant_id, keys=keys, origin="requested",
        target="rendering", reason="", actor=claimed[0].executor_id, now=now,
    )  # fmt: skip
