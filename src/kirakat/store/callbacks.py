"""Callbacks that are due: claim, record what came of it, list, replay."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, or_, select, update

from kirakat.store.bulk import as_record, in_chunks
from kirakat.store.records import CallbackRecord
from kirakat.store.states import CallbackState
from kirakat.store.tables import callbacks, endpoints

_DUE = ("pending", "failed")


def due_endpoints(
    connection: Connection, *, now: datetime, limit: int, skip: Collection[str] = ()
) -> list[str]:
    """The enabled endpoints that callbacks are due at, the longest due first."""
    statement = (
        select(callbacks.c.endpoint_id)
        .join(endpoints, endpoints.c.endpoint_id == callbacks.c.endpoint_id)
        .where(callbacks.c.state.in_(_DUE), callbacks.c.next_at <= now, endpoints.c.enabled)
        .where(callbacks.c.endpoint_id.not_in(sorted(skip)))
        .group_by(callbacks.c.endpoint_id)
        .order_by(func.min(callbacks.c.next_at), callbacks.c.endpoint_id)
        .limit(limit)
    )
    return list(connection.execute(statement).scalars())


def claim_callbacks(
    connection: Connection,
    *,
    now: datetime,
    lease_until: datetime,
    limit: int = 100,
    endpoint_id: str | None = None,
) -> list[CallbackRecord]:
    """Take callbacks that are due at enabled endpoints (or at one), the longest due first.

    Their tries are counted, and nobody else gets them before `lease_until`: what a sender that
    died has claimed becomes due again by itself. Both senders would send the same webhook-id.
    """
    due = (
        select(callbacks.c.webhook_id)
        .join(endpoints, endpoints.c.endpoint_id == callbacks.c.endpoint_id)
        .where(callbacks.c.state.in_(_DUE), callbacks.c.next_at <= now, endpoints.c.enabled)
        .order_by(callbacks.c.next_at, callbacks.c.endpoint_id, callbacks.c.sequence)
        .limit(limit)
        .with_for_update(skip_locked=True, of=callbacks)
    )
    if endpoint_id is not None:
        due = due.where(callbacks.c.endpoint_id == endpoint_id)
    chosen = list(connection.execute(due).scalars())
    statement = (
        update(callbacks)
        .where(callbacks.c.webhook_id.in_(chosen), callbacks.c.state.in_(_DUE))
        .values(attempts=callbacks.c.attempts + 1, next_at=lease_until, updated_at=now)
        .returning(callbacks)
    )
    claimed = [as_record(CallbackRecord, row) for row in connection.execute(statement)]
    return sorted(claimed, key=lambda item: (item.endpoint_id, item.sequence))


def record_callbacks(
    connection: Connection,
    claimed: Sequence[CallbackRecord],
    *,
    state: CallbackState,
    code: int | None,
    error: str,
    now: datetime,
    next_at: Mapping[str, datetime] | None = None,
) -> int:
    """Note what came of claimed callbacks; gives how many were still held.

    `next_at`, by webhook-id, is for the state "failed". Those that were claimed again,
    delivered or disabled meanwhile stay as they are.
    """
    if not claimed:
        return 0
    again = next_at or {}
    rows = [
        {
            "the_id": item.webhook_id,
            "the_attempts": item.attempts,
            "the_next_at": again.get(item.webhook_id, item.next_at),
        }
        for item in sorted(claimed, key=lambda item: item.webhook_id)
    ]
    done = connection.execute(
        update(callbacks)
        .where(callbacks.c.webhook_id == bindparam("the_id"))
        .where(callbacks.c.attempts == bindparam("the_attempts"))
        # No IN: a statement for many rows takes no list of values.
        .where(or_(*(callbacks.c.state == name for name in _DUE)))
        .values(
            state=state,
            last_code=code,
            error=error,
            next_at=bindparam("the_next_at"),
            updated_at=now,
        ),
        rows,
    )
    return int(done.rowcount)


def list_callbacks(
    connection: Connection,
    merchant_id: str,
    *,
    endpoint_id: str | None = None,
    states: Sequence[CallbackState] = (),
    after: int = 0,
    limit: int = 100,
) -> list[CallbackRecord]:
    """A page of callbacks by endpoint and number, beginning after number `after`."""
    statement = (
        select(callbacks)
        .where(callbacks.c.merchant_id == merchant_id, callbacks.c.sequence > after)
        .order_by(callbacks.c.endpoint_id, callbacks.c.sequence)
        .limit(limit)
    )
    if endpoint_id is not None:
        statement = statement.where(callbacks.c.endpoint_id == endpoint_id)
    if states:
        statement = statement.where(callbacks.c.state.in_(states))
    return [as_record(CallbackRecord, row) for row in connection.execute(statement)]


def replay_callbacks(
    connection: Connection, merchant_id: str, webhook_ids: Sequence[str], *, now: datetime
) -> int:
    """Make callbacks due again, whatever came of them, with all their tries; gives how many."""
    replayed = 0
    for part in in_chunks(webhook_ids):
        statement = (
            update(callbacks)
            .where(callbacks.c.merchant_id == merchant_id, callbacks.c.webhook_id.in_(part))
            .values(state="pending", attempts=0, next_at=now, updated_at=now)
        )
        replayed += connection.execute(statement).rowcount
    return replayed
