"""Errands: what a page asks of a worker for a person who waits, such as a preview.

An errand publishes nothing and is no render: nobody is called back. Its result is a blob and a
few words.

- "source": {"offer_id"}: the offer's photo as workers see it, upright, as a JPEG.
- "segment": {"offer_id", "model"}: the offer's photo cut out by another model; the blob is an
  8-bit grey PNG of the photo's size.
- "preview": {"offer_id", "prompt", "placement"}: a creative as the prompt would give it, with the
  records of a prompt and a placement (`json_records.to_json`); the blob is the image.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, and_, delete, or_, select, update

from kirakat.errors import ConflictError, NotFoundError
from kirakat.store.bulk import as_record, insert_all
from kirakat.store.tables_errands import errands

ErrandKind = Literal["source", "segment", "preview"]
ErrandState = Literal["queued", "running", "done", "failed"]

# Workers that may die of one errand before it is given up.
MOST_ATTEMPTS = 3
# Of a merchant's errands, the last ones among which one is looked for.
_LOOKED_THROUGH = 300


@dataclass(frozen=True, kw_only=True)
class Errand:
    """One errand, and what came of it."""

    errand_id: str
    merchant_id: str
    kind: ErrandKind
    wanted: Mapping[str, Any]
    state: ErrandState
    attempts: int
    # Until when the worker that has it may be silent.
    lease_until: datetime | None
    # Of the blob; empty until it is done.
    sha256: str
    made: Mapping[str, Any]
    # Why it failed, for a person.
    error: str
    actor: str
    created_at: datetime
    updated_at: datetime


def add_errand(
    connection: Connection,
    merchant_id: str,
    kind: ErrandKind,
    wanted: Mapping[str, Any],
    *,
    actor: str,
    now: datetime,
) -> str:
    """Ask for something; gives the errand's id."""
    errand_id = secrets.token_hex(16)
    row = {"errand_id": errand_id, "merchant_id": merchant_id, "kind": kind,
           "wanted": dict(wanted), "made": {}, "actor": actor,
           "created_at": now, "updated_at": now}  # fmt: skip
    insert_all(connection, errands, [row])
    return errand_id


def get_errand(connection: Connection, merchant_id: str, errand_id: str) -> Errand:
    """One errand; raises `NotFoundError`."""
    statement = select(errands).where(
        errands.c.merchant_id == merchant_id, errands.c.errand_id == errand_id
    )
    row = connection.execute(statement).first()
    if row is None:
        raise NotFoundError(f"there is no errand {errand_id}", errand_id=errand_id)
    return as_record(Errand, row)


def find_errand(
    connection: Connection,
    merchant_id: str,
    kind: ErrandKind,
    wanted: Mapping[str, Any],
    *,
    since: datetime,
) -> Errand | None:
    """The last errand that asked for the same since a time, whatever came of it."""
    statement = (
        select(errands)
        .where(errands.c.merchant_id == merchant_id, errands.c.created_at >= since)
        .where(errands.c.kind == kind)
        .order_by(errands.c.created_at.desc())
        .limit(_LOOKED_THROUGH)
    )
    found = (as_record(Errand, row) for row in connection.execute(statement))
    return next((errand for errand in found if dict(errand.wanted) == dict(wanted)), None)


def claim_errand(connection: Connection, *, now: datetime, lease_until: datetime) -> Errand | None:
    """Take the oldest errand that waits, or whose worker fell silent; None when there is none.

    One that `MOST_ATTEMPTS` workers died of is not taken again.
    """
    silent = and_(
        errands.c.state == "running",
        errands.c.lease_until < now,
        errands.c.attempts < MOST_ATTEMPTS,
    )
    waiting = select(errands).where(or_(errands.c.state == "queued", silent))
    while True:
        row = connection.execute(waiting.order_by(errands.c.created_at).limit(1)).first()
        if row is None:
            return None
        taken = connection.execute(
            update(errands)
            .where(errands.c.errand_id == row.errand_id, errands.c.attempts == row.attempts)
            .where(errands.c.state == row.state)
            .values(state="running", attempts=row.attempts + 1, lease_until=lease_until,
                    updated_at=now)
        )  # fmt: skip
        if taken.rowcount:
            return get_errand(connection, row.merchant_id, row.errand_id)


def finish_errand(
    connection: Connection,
    claimed: Errand,
    *,
    sha256: str,
    made: Mapping[str, Any],
    now: datetime,
) -> None:
    """Note what was made; raises `ConflictError` when another worker has the errand by now."""
    _end(connection, claimed, state="done", sha256=sha256, made=dict(made), updated_at=now)


def fail_errand(connection: Connection, claimed: Errand, *, error: str, now: datetime) -> None:
    """Note why nothing could be made; raises `ConflictError` as `finish_errand` does."""
    _end(connection, claimed, state="failed", error=error, updated_at=now)


def remove_errands(connection: Connection, *, before: datetime) -> int:
    """Forget what was asked before a time; gives how many errands went."""
    return connection.execute(delete(errands).where(errands.c.created_at < before)).rowcount


def _end(connection: Connection, claimed: Errand, **values: Any) -> None:
    ended = connection.execute(
        update(errands)
        .where(errands.c.errand_id == claimed.errand_id, errands.c.state == "running")
        .where(errands.c.attempts == claimed.attempts)
        .values(values)
    )
    if not ended.rowcount:
        raise ConflictError(f"errand {claimed.errand_id} was taken over by another worker")
