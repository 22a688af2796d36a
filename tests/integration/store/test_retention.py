"""Deleting what must not be kept, past triggers that refuse everything else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from kirakat.errors import StoreError
from kirakat.store.database import Database
from kirakat.store.decision_contexts import read_contexts
from kirakat.store.policy_snapshots import list_snapshots, publish_snapshot
from kirakat.store.retention import cut_ledger, erase_shopper, forget_contexts, list_cuts
from kirakat.store.tables import decisions, events
from kirakat.store.tables_learning import ledger_cuts
from tests.support.asks import NOW, SHOP
from tests.support.shoppers import MUGS, decide, happen

OLD = NOW - timedelta(days=400)
CUT = NOW - timedelta(days=100)


def _fill(database: Database) -> None:
    for number, at in enumerate((OLD, NOW)):
        for merchant in (SHOP, "other"):
            name = f"{merchant}-{number}"
            decide(database, name, at=at, unit="aa", merchant_id=merchant)
            happen(database, "impression", name, at=at, merchant_id=merchant)


def _left(database: Database) -> tuple[list[str], list[str]]:
    with database.reading() as connection:
        kept = connection.execute(select(decisions.c.decision_id).order_by("decision_id"))
        seen = connection.execute(select(events.c.decision_id).order_by("decision_id"))
        return list(kept.scalars()), list(seen.scalars())


def test_what_lies_before_a_cut_goes_and_nothing_else(database: Database) -> None:
    """If it did not, a ledger could never shrink, or lost what was still needed."""
    _fill(database)
    counts = cut_ledger(database, SHOP, before=CUT, actor="ann", now=NOW)
    assert (counts["decisions"], counts["events"]) == (1, 1)
    kept = ["other-0", "other-1", f"{SHOP}-1"]
    assert _left(database) == (kept, kept)


@pytest.mark.parametrize("table", [decisions, events])
def test_nothing_goes_without_a_cut(database: Database, table: object) -> None:
    """If it did, anybody with a console could bend the history."""
    _fill(database)
    with pytest.raises(StoreError, match="append-only"), database.writing() as connection:
        connection.execute(delete(table))  # type: ignore[arg-type]


@pytest.mark.parametrize("table", [decisions, events])
def test_a_cut_opens_no_other_door(database: Database, table: object) -> None:
    """If it did, one retention run would end the protection of everything younger."""
    _fill(database)
    cut_ledger(database, SHOP, before=CUT, actor="ann", now=NOW)
    for statement in (
        delete(table).where(table.c.merchant_id == SHOP),  # type: ignore[arg-type, attr-defined]
        delete(table).where(table.c.merchant_id == "other"),  # type: ignore[arg-type, attr-defined]
        update(table).values(record={}),  # type: ignore[arg-type]
    ):
        with pytest.raises(StoreError, match="append-only"), database.writing() as connection:
            connection.execute(statement)


def test_the_last_month_cannot_be_cut(database: Database) -> None:
    """If it could, what had not been learned yet would be gone."""
    with pytest.raises(StoreError, match="31 days"):
        cut_ledger(database, SHOP, before=NOW - timedelta(days=9), actor="ann", now=NOW)


def test_a_line_of_every_deletion_stays_for_good(database: Database) -> None:
    """If it did not, nobody could tell a deletion from a loss."""
    _fill(database)
    cut_ledger(database, SHOP, before=CUT, actor="ann", now=NOW)
    with database.writing() as connection:
        assert erase_shopper(connection, SHOP, "aa", actor="bob", now=NOW) == 2
    with database.reading() as connection:
        lines = [(cut.kind, cut.actor, cut.note) for cut in list_cuts(connection, SHOP)]
    done = ("done", "ann", "1 events, 1 decisions, 0 snapshots")
    assert sorted(lines) == [done, ("ledger", "ann", ""), ("unit", "bob", "2 contexts")]
    for statement in (delete(ledger_cuts), update(ledger_cuts).values(note="")):
        with pytest.raises(StoreError, match="append-only"), database.writing() as connection:
            connection.execute(statement)


def test_contexts_go_by_age(database: Database) -> None:
    """If they did not, pseudonyms would be kept for ever."""
    _fill(database)
    assert forget_contexts(database, SHOP, before=CUT, actor="ann", now=NOW) == 1
    with database.reading() as connection:
        assert list(read_contexts(connection, SHOP, [f"{SHOP}-0", f"{SHOP}-1"])) == [f"{SHOP}-1"]
        assert len(read_contexts(connection, "other", ["other-0", "other-1"])) == 2


def test_old_snapshots_go_but_for_the_one_that_decides(database: Database) -> None:
    """If the one that decides went, services could not start again."""
    _fill(database)
    with database.writing() as connection:
        for _ in range(3):
            publish_snapshot(connection, SHOP, MUGS, b"x", OLD, "test", "", OLD)
    assert cut_ledger(database, SHOP, before=CUT, actor="ann", now=NOW)["snapshots"] == 2
    with database.reading() as connection:
        assert [row.version for row in list_snapshots(connection, SHOP, MUGS)] == [3]
