"""Kill switches and do-not-generate orders: given, carried out at once, and lifted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection, select, update

from kirakat.store.audit import append_audit
from kirakat.store.controls import lift_control, put_control
from kirakat.store.database import Database
from kirakat.store.review_records import Account, ControlKind, ControlScope
from kirakat.store.states import WAITING
from kirakat.store.tables import creatives, offers, renders
from kirakat.store.transitions import retire_creatives, transition_all

# Offers of one transaction, so that others can write in between.
_AT_ONCE = 500
KINDS: Mapping[ControlKind, str] = MappingProxyType(
    {"kill": "Killed", "do_not_generate": "Nothing new"}
)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What an order is about."""

    scope: ControlScope
    # The offer's id or the catalogue's name.
    name: str


def give_order(
    database: Database,
    subject: Subject,
    kind: ControlKind,
    person: Account,
    *,
    reason: str,
    clock: Callable[[], datetime],
) -> int:
    """Give an order and carry it out; gives how many creatives it took back or cancelled.

    The order commits first, so that services obey before the last creative is taken back. "kill"
    retires what exists and cancels what waits; "do_not_generate" cancels what waits. Giving it
    again finishes what was interrupted.
    """
    merchant_id, now = person.merchant_id, clock()
    with database.writing() as connection:
        put_control(
            connection, merchant_id, scope=subject.scope, name=subject.name, kind=kind,
            reason=reason, actor=person.name, now=now,
        )  # fmt: skip
    told = f"{KINDS[kind].lower()}: {reason}" if reason else KINDS[kind].lower()
    taken = 0
    for part in _offers(database, merchant_id, subject):
        with database.writing() as connection:
            taken += _carry_out(connection, merchant_id, part, kind, told, person.name, clock())
    with database.writing() as connection:
        append_audit(
            connection, merchant_id, actor=person.name, action=f"ordered {_words(kind)}",
            subject=_about(subject), record={"reason": reason, "creatives": taken}, now=now,
        )  # fmt: skip
    return taken


def lift_order(
    database: Database, subject: Subject, kind: ControlKind, person: Account, *, now: datetime
) -> None:
    """Take an order back: services ask again by themselves. Raises `NotFoundError`."""
    with database.writing() as connection:
        lift_control(
            connection, person.merchant_id, scope=subject.scope, name=subject.name, kind=kind
        )
        append_audit(
            connection, person.merchant_id, actor=person.name, action=f"lifted {_words(kind)}",
            subject=_about(subject), now=now,
        )  # fmt: skip


def _offers(database: Database, merchant_id: str, subject: Subject) -> Iterator[Sequence[str]]:
    """The ids of the offers that an order is about, in parts."""
    if subject.scope == "offer":
        yield (subject.name,)
        return
    columns, after = offers.c, ""
    while True:
        with database.reading() as connection:
            statement = (
                select(columns.offer_id)
                .where(columns.merchant_id == merchant_id, columns.catalog == subject.name)
                .where(columns.active, columns.offer_id > after)
                .order_by(columns.offer_id)
                .limit(_AT_ONCE)
            )
            found = list(connection.execute(statement).scalars())
        if not found:
            return
        yield found
        after = found[-1]


def _carry_out(
    connection: Connection,
    merchant_id: str,
    offer_ids: Sequence[str],
    kind: ControlKind,
    reason: str,
    actor: str,
    now: datetime,
) -> int:
    """Renders are locked before their creatives, as everybody does."""
    idle = _lock_renders(connection, merchant_id, offer_ids)
    if kind == "kill":
        moved: Sequence[str] = retire_creatives(
            connection, merchant_id=merchant_id, offer_ids=offer_ids, reason=reason,
            actor=actor, now=now,
        )  # fmt: skip
    else:
        moved = _cancel(connection, merchant_id, offer_ids, reason, actor, now)
    _cancel_renders(connection, idle, reason, now)
    return len(moved)


def _cancel(
    connection: Connection,
    merchant_id: str,
    offer_ids: Sequence[str],
    reason: str,
    actor: str,
    now: datetime,
) -> list[str]:
    moved: list[str] = []
    columns = creatives.c
    for origin in WAITING:
        rows = connection.execute(
            select(columns.key, columns.revision).where(
                columns.merchant_id == merchant_id,
                columns.offer_id.in_(offer_ids),
                columns.state == origin,
            )
        )
        keys = {row.key: row.revision for row in rows}
        moved += transition_all(
            connection, merchant_id=merchant_id, keys=keys, origin=origin, target="cancelled",
            reason=reason, actor=actor, now=now,
        )  # fmt: skip
    return moved


def _lock_renders(
    connection: Connection, merchant_id: str, offer_ids: Sequence[str]
) -> Sequence[str]:
    """The queued renders that creatives of these offers wait on, locked in one order."""
    waiting = select(creatives.c.render_id).where(
        creatives.c.merchant_id == merchant_id,
        creatives.c.offer_id.in_(offer_ids),
        creatives.c.state.in_(WAITING),
    )
    statement = (
        select(renders.c.render_id)
        .where(renders.c.render_id.in_(waiting), renders.c.state == "queued")
        .order_by(renders.c.render_id)
        .with_for_update()
    )
    return list(connection.execute(statement).scalars())


def _cancel_renders(
    connection: Connection, render_ids: Sequence[str], reason: str, now: datetime
) -> None:
    """Cancel those that nobody waits on any more."""
    if not render_ids:
        return
    wanted = select(creatives.c.render_id).where(
        creatives.c.render_id == renders.c.render_id, creatives.c.state.in_(WAITING)
    )
    connection.execute(
        update(renders)
        .where(renders.c.render_id.in_(render_ids), renders.c.state == "queued")
        .where(~wanted.exists())
        .values(state="cancelled", error=reason, updated_at=now)
    )


def _words(kind: ControlKind) -> str:
    return "kill" if kind == "kill" else "do not generate"


def _about(subject: Subject) -> str:
    return f"{subject.scope} {subject.name}"
