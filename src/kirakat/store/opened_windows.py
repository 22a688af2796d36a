"""Decisions by the time at which their reward window opened, and all that came of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Select, func, select

from kirakat.store.bulk import AnyRow
from kirakat.store.tables import decisions, events
from kirakat.store.tables_learning import decision_contexts

Opening = Literal["impressions", "decisions"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenEvent:
    """An impression or click, as it is learned from."""

    event_id: str
    kind: str
    at: datetime
    received_at: datetime
    is_bot: bool
    # Whether the service gave it the time of its arrival.
    is_stamped: bool


def next_opening(
    connection: Connection, merchant_id: str, opening: Opening, since: datetime | None
) -> datetime | None:
    """The first time, from `since` on, at which an impression came in or a decision was made."""
    if opening == "decisions":
        time, conditions = decisions.c.at, [decisions.c.merchant_id == merchant_id]
    else:
        time = events.c.received_at
        conditions = [events.c.merchant_id == merchant_id, events.c.kind == "impression"]
        conditions.append(time.is_not(None))
    if since is not None:
        conditions.append(time >= since)
    found: datetime | None = connection.execute(
        select(time).where(*conditions).order_by(time).limit(1)
    ).scalar()
    return found


def opened_between(
    connection: Connection,
    merchant_id: str,
    opening: Opening,
    start: datetime,
    end: datetime,
    *,
    at_once: int,
) -> Iterator[Sequence[str]]:
    """Ids of decisions with an impression that came in from `start` to before `end`, in chunks.

    Or of decisions made then. Each id comes once.
    """
    if opening == "decisions":
        statement = _between(decisions, decisions.c.at, merchant_id, start, end)
    else:
        statement = _between(events, events.c.received_at, merchant_id, start, end)
        statement = statement.where(events.c.kind == "impression").distinct()
    streamed = connection.execute(statement.execution_options(yield_per=at_once))
    for rows in streamed.scalars().partitions():
        yield list(rows)


def read_records(
    connection: Connection, merchant_id: str, decision_ids: Sequence[str]
) -> dict[str, tuple[Mapping[str, Any], datetime]]:
    """Record and time of decisions by id."""
    statement = select(decisions.c.decision_id, decisions.c.record, decisions.c.at).where(
        decisions.c.decision_id.in_(decision_ids), decisions.c.merchant_id == merchant_id
    )
    return {row.decision_id: (row.record, row.at) for row in connection.execute(statement)}


def read_seen(
    connection: Connection, merchant_id: str, decision_ids: Sequence[str]
) -> dict[str, list[SeenEvent]]:
    """Impressions and clicks of decisions, in the order in which they came in."""
    statement = (
        select(events)
        .where(
            events.c.decision_id.in_(decision_ids),
            events.c.merchant_id == merchant_id,
            events.c.kind.in_(("impression", "click")),
            events.c.received_at.is_not(None),
        )
        .order_by(events.c.received_at, events.c.event_id)
    )
    found: dict[str, list[SeenEvent]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.decision_id, []).append(_seen(row))
    return found


def busy_units(
    connection: Connection, merchant_id: str, start: datetime, end: datetime, *, above: int
) -> dict[str, list[datetime]]:
    """Units with more than `above` clicks that came in between; their clicks' times, sorted."""
    joined = events.join(decision_contexts, decision_contexts.c.decision_id == events.c.decision_id)
    came_in = (
        events.c.merchant_id == merchant_id,
        events.c.kind == "click",
        events.c.received_at >= start,
        events.c.received_at < end,
        decision_contexts.c.unit != "",
    )
    unit = decision_contexts.c.unit
    many = (
        select(unit).select_from(joined).where(*came_in).group_by(unit).having(func.count() > above)
    )
    statement = select(unit, events.c.at).select_from(joined).where(*came_in, unit.in_(many))
    times: dict[str, list[datetime]] = {}
    for name, at in connection.execute(statement.order_by(events.c.at)):
        times.setdefault(name, []).append(at)
    return times


def _between(
    table: Any, time: Any, merchant_id: str, start: datetime, end: datetime
) -> Select[Any]:
    return (
        select(table.c.decision_id)
        .where(table.c.merchant_id == merchant_id, time >= start, time < end)
        .order_by(table.c.decision_id)
    )


def _seen(row: AnyRow) -> SeenEvent:
    record: Mapping[str, Any] = row.record
    return SeenEvent(
        event_id=row.event_id,
        kind=row.kind,
        at=row.at,
        received_at=row.received_at,
        is_bot=bool(record.get("bot")),
        is_stamped=bool(record.get("stamped")),
    )
