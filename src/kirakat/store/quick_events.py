"""Append thousands of events a second, and what must be known of their decisions before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from kirakat.store.bulk import in_chunks
from kirakat.store.quick_rows import insert_quickly
from kirakat.store.tables import decisions, events
from kirakat.store.tables_learning import decision_contexts

_COLUMNS = ("event_id", "merchant_id", "decision_id", "kind", "record", "at", "received_at")


class WrittenEvent(NamedTuple):
    """An event as the table keeps it."""

    event_id: str
    merchant_id: str
    decision_id: str
    kind: str
    # Its record as JSON.
    record: str
    at: datetime
    received_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownDecision:
    """What an event's decision says of it."""

    at: datetime
    category: str
    unit: str
    # The impression that came in first, and when it came in; None: none yet.
    shown_at: datetime | None
    shown_received_at: datetime | None
    # Whether the service stamped that impression's time itself.
    is_stamped: bool


def append_written_events(connection: Connection, rows: Iterable[WrittenEvent]) -> set[str]:
    """Append events; gives the ids of those that were new. The first of an id stays."""
    in_order = sorted(rows, key=lambda row: row.event_id)
    return set(insert_quickly(connection, "events", _COLUMNS, in_order, returning="event_id"))


def known_decisions(
    connection: Connection, merchant_id: str, decision_ids: Sequence[str]
) -> dict[str, KnownDecision]:
    """Those of the decisions that are the merchant's own."""
    found: dict[str, KnownDecision] = {}
    for part in in_chunks(decision_ids):
        shown = _first_impressions(connection, part)
        statement = (
            select(
                decisions.c.decision_id,
                decisions.c.at,
                decisions.c.record["category"].as_string().label("category"),
                decision_contexts.c.unit,
            )
            .outerjoin(
                decision_contexts, decision_contexts.c.decision_id == decisions.c.decision_id
            )
            .where(decisions.c.decision_id.in_(part), decisions.c.merchant_id == merchant_id)
        )
        for row in connection.execute(statement):
            at, received_at, is_stamped = shown.get(row.decision_id, (None, None, False))
            found[row.decision_id] = KnownDecision(
                at=row.at, category=row.category or "", unit=row.unit or "",
                shown_at=at, shown_received_at=received_at, is_stamped=is_stamped,
            )  # fmt: skip
    return found


def count_clicks(
    connection: Connection,
    merchant_id: str,
    units: Sequence[str],
    *,
    start: datetime,
    end: datetime,
) -> dict[str, list[datetime]]:
    """Times of the clicks of each unit after `start` up to `end`, sorted."""
    times: dict[str, list[datetime]] = {}
    for part in in_chunks(units):
        statement = (
            select(decision_contexts.c.unit, events.c.at)
            .join(events, events.c.decision_id == decision_contexts.c.decision_id)
            .where(
                decision_contexts.c.merchant_id == merchant_id,
                decision_contexts.c.unit.in_(part),
                events.c.kind == "click",
                events.c.at > start,
                events.c.at <= end,
            )
        )
        for unit, at in connection.execute(statement):
            times.setdefault(unit, []).append(at)
    return {unit: sorted(found) for unit, found in times.items()}


def _first_impressions(
    connection: Connection, decision_ids: Sequence[str]
) -> dict[str, tuple[datetime, datetime, bool]]:
    """Time, arrival and whether it was stamped, of each decision's impression that came first."""
    statement = (
        select(
            events.c.decision_id,
            events.c.at,
            events.c.received_at,
            events.c.record["stamped"].as_boolean().label("stamped"),
        )
        .where(
            events.c.decision_id.in_(decision_ids),
            events.c.kind == "impression",
            events.c.received_at.is_not(None),
        )
        .order_by(events.c.received_at.desc(), events.c.event_id.desc())
    )
    return {
        row.decision_id: (row.at, row.received_at, bool(row.stamped))
        for row in connection.execute(statement)
    }
