"""Decisions, events and reviews, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Table

from kirakat.errors import StoreError
from kirakat.store.ask import ask
from kirakat.store.database import Database
from kirakat.store.jobs import cancel_render
from kirakat.store.ledger import (
    append_decisions,
    append_events,
    append_reviews,
    read_decisions,
    read_events,
    read_reviews,
)
from kirakat.store.ledger_records import DecisionRecord, EventRecord, ReviewRecord
from kirakat.store.tables import decisions, events, reviews, transitions
from tests.support.asks import NOW, SHOP, enter_shop, later, some_ask


def _decision(name: str = "d1", seconds: float = 0) -> DecisionRecord:
    return DecisionRecord(decision_id=name, merchant_id=SHOP, record={"p": 0.25}, at=later(seconds))


def _event() -> EventRecord:
    return EventRecord(
        event_id="v1", merchant_id=SHOP, decision_id="d1", kind="click", record={}, at=NOW
    )


def _review() -> ReviewRecord:
    return ReviewRecord(
        review_id="r1", merchant_id=SHOP, key="k", revision=0, verdict="reject",
        reviewer="Ann", record={"defect": "halo"}, at=NOW,
    )  # fmt: skip


def _fill(database: Database) -> None:
    """One row in each table that only grows."""
    enter_shop(database)
    with database.writing() as connection:
        append_decisions(connection, [_decision()])
        append_events(connection, [_event()])
        append_reviews(connection, [_review()])
        (outcome,) = ask(connection, [some_ask()], "online", now=NOW)
        cancel_render(connection, render_id=outcome.render_id, reason="", actor="", now=NOW)


def test_what_was_appended_is_read(database: Database) -> None:
    """If it were not, nothing could be learned or audited."""
    _fill(database)
    with database.reading() as connection:
        assert read_decisions(connection, SHOP, start=NOW, end=later(1)) == [_decision()]
        assert read_events(connection, SHOP, start=NOW, end=later(1)) == [_event()]
        assert read_reviews(connection, SHOP, "k") == [_review()]


def test_the_end_of_a_period_belongs_to_the_next(database: Database) -> None:
    """If it did not, two periods would count a decision twice."""
    enter_shop(database)
    with database.writing() as connection:
        append_decisions(connection, [_decision("b", 1), _decision("a", 0), _decision("c", 2)])
        found = read_decisions(connection, SHOP, start=NOW, end=later(2))
    assert [item.decision_id for item in found] == ["a", "b"]


def test_sending_twice_appends_once(database: Database) -> None:
    """If it appended twice, a click that was sent again would count as two."""
    enter_shop(database)
    with database.writing() as connection:
        counts = [append_events(connection, [_event()]) for _ in range(2)]
    assert counts == [1, 0]


@pytest.mark.parametrize("verb", ["update", "delete"])
@pytest.mark.parametrize(
    "table", [decisions, events, reviews, transitions], ids=lambda table: str(table.name)
)
def test_history_cannot_be_rewritten(database: Database, table: Table, verb: str) -> None:
    """If it could, no experiment or review could be audited."""
    _fill(database)
    statement = table.update().values(merchant_id=SHOP) if verb == "update" else table.delete()
    with (
        pytest.raises(StoreError, match="append-only"),
        database.writing() as connection,
    ):
        connection.execute(statement)
