"""Decisions, events and reviews: appended, never changed (triggers refuse anything else).

An id that is there already is left as it was, so a batch can be sent twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, select

from kirakat.store.bulk import as_record, insert_missing
from kirakat.store.ledger_records import DecisionRecord, EventRecord, ReviewRecord
from kirakat.store.tables import decisions, events, reviews


def append_decisions(connection: Connection, rows: Sequence[DecisionRecord]) -> int:
    """Append decisions; gives how many were new."""
    return _append(connection, decisions, decisions.c.decision_id, rows)


def append_events(connection: Connection, rows: Sequence[EventRecord]) -> int:
    """Append impressions, clicks, conversions and costs; gives how many were new.

    They came in when their record says (`received_at`), or else when they happened.
    """
    values = [asdict(row) | {"received_at": _received_at(row)} for row in rows]
    values.sort(key=lambda item: str(item["event_id"]))
    return len(insert_missing(connection, events, values, events.c.event_id))


def append_reviews(connection: Connection, rows: Sequence[ReviewRecord]) -> int:
    """Append what people said of creatives; gives how many were new."""
    return _append(connection, reviews, reviews.c.review_id, rows)


def read_decisions(
    connection: Connection, merchant_id: str, *, start: datetime, end: datetime
) -> list[DecisionRecord]:
    """A merchant's decisions from `start` to before `end`, in the order of time."""
    statement = _between(decisions, merchant_id, start, end)
    return [as_record(DecisionRecord, row) for row in connection.execute(statement)]


def read_events(
    connection: Connection, merchant_id: str, *, start: datetime, end: datetime
) -> list[EventRecord]:
    """A merchant's events from `start` to before `end`, in the order of time."""
    statement = _between(events, merchant_id, start, end)
    return [as_record(EventRecord, row) for row in connection.execute(statement)]


def read_reviews(connection: Connection, merchant_id: str, key: str) -> list[ReviewRecord]:
    """What was said of a key, oldest first."""
    statement = (
        select(reviews)
        .where(reviews.c.merchant_id == merchant_id, reviews.c.key == key)
        .order_by(reviews.c.at, reviews.c.review_id)
    )
    return [as_record(ReviewRecord, row) for row in connection.execute(statement)]


def _append(
    connection: Connection,
    table: Table,
    identity: Column[Any],
    rows: Sequence[DecisionRecord] | Sequence[ReviewRecord],
) -> int:
    values = sorted((asdict(row) for row in rows), key=lambda item: str(item[identity.name]))
    return len(insert_missing(connection, table, values, identity))


def _received_at(row: EventRecord) -> datetime:
    told = row.record.get("received_at")
    return datetime.fromisoformat(told) if isinstance(told, str) else row.at


def _between(table: Table, merchant_id: str, start: datetime, end: datetime) -> Select[Any]:
    return (
        select(table)
        .where(table.c.merchant_id == merchant_id, table.c.at >= start, table.c.at < end)
        .order_by(table.c.at, *table.primary_key.columns)
    )
