"""The tables of learning, on both databases: contexts, snapshots, heads, and back again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from kirakat.errors import ConflictError, NotFoundError, StoreError
from kirakat.store.database import Database
from kirakat.store.decision_contexts import (
    WrittenContext,
    append_written_contexts,
    erase_unit,
    read_contexts,
)
from kirakat.store.ledger import append_decisions, append_events
from kirakat.store.ledger_records import DecisionRecord, EventRecord
from kirakat.store.policy_snapshots import (
    heads,
    list_heads,
    list_snapshots,
    next_version,
    publish_snapshot,
    read_snapshot,
    set_head,
)
from kirakat.store.schema import check, downgrade, upgrade
from kirakat.store.tables import decisions
from kirakat.store.tables_learning import decision_contexts, policy_snapshots
from tests.support.asks import NOW, SHOP, enter_shop

MUGS = "mugs"


def _context(number: int, unit: str = "aa") -> WrittenContext:
    return WrittenContext(f"d{number}", SHOP, unit, "[[0,1.0],[3,0.5]]", '{"hour":9}', NOW)


def _fill(database: Database) -> None:
    enter_shop(database)
    with database.writing() as connection:
        append_written_contexts(connection, [_context(1), _context(2), _context(3, "bb")])
        decision = DecisionRecord(decision_id="d1", merchant_id=SHOP, record={}, at=NOW)
        append_decisions(connection, [decision])
        event = EventRecord(
            event_id="e1", merchant_id=SHOP, decision_id="d1", kind="click", record={}, at=NOW
        )
        append_events(connection, [event])
        publish_snapshot(connection, SHOP, MUGS, b"one", NOW, "learner", "", NOW)


def test_forth_and_back_on_a_filled_database(database: Database) -> None:
    """If it failed, an operator could not step back a version once shoppers had been there."""
    _fill(database)
    downgrade(database, to="0003")
    for statement in (delete(decisions), update(decisions).values(record={"x": 1})):
        with pytest.raises(StoreError, match="append-only"), database.writing() as connection:
            connection.execute(statement)
    upgrade(database)
    assert check(database) == ()
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(decisions)).scalar() == 1


def test_contexts_come_back_as_numbers(database: Database) -> None:
    """If they did not, the learner would learn from other features than were decided by."""
    _fill(database)
    with database.reading() as connection:
        found = read_contexts(connection, SHOP, ["d1", "d9"])
    assert list(found) == ["d1"]
    assert found["d1"].features == ((0, 1.0), (3, 0.5))
    assert found["d1"].context == {"hour": 9}
    assert found["d1"].at == NOW


def test_contexts_of_another_merchant_stay_unseen(database: Database) -> None:
    """If they did not, one shop could read what another shop knows of a shopper."""
    _fill(database)
    with database.reading() as connection:
        assert read_contexts(connection, "other", ["d1"]) == {}


def test_a_context_sent_twice_is_kept_once(database: Database) -> None:
    """If it were not, a retried flush would fail for good."""
    _fill(database)
    with database.writing() as connection:
        append_written_contexts(connection, [_context(1, "cc"), _context(4)])
        assert read_contexts(connection, SHOP, ["d1"])["d1"].unit == "aa"
        count = connection.execute(select(func.count()).select_from(decision_contexts))
        assert count.scalar() == 4


def test_erasing_a_unit_takes_its_contexts_and_no_others(database: Database) -> None:
    """If it did not, a shopper's wish to be forgotten would not be met, or hurt another."""
    _fill(database)
    with database.writing() as connection:
        assert erase_unit(connection, SHOP, "") == 0
        assert erase_unit(connection, "other", "aa") == 0
        assert erase_unit(connection, SHOP, "aa") == 2
        assert list(read_contexts(connection, SHOP, ["d1", "d2", "d3"])) == ["d3"]


def test_the_head_follows_what_is_published(database: Database) -> None:
    """If it did not, services would decide by old evidence for ever."""
    _fill(database)
    with database.writing() as connection:
        assert next_version(connection, SHOP, MUGS) == 2
        assert publish_snapshot(connection, SHOP, MUGS, b"two", NOW, "learner", "", NOW) == 2
        assert heads(connection) == {(SHOP, MUGS): 2}
        assert read_snapshot(connection, SHOP, MUGS, 2) == b"two"
        assert [row.version for row in list_snapshots(connection, SHOP, MUGS)] == [2, 1]


def test_two_learners_cannot_publish_the_same_version(database: Database) -> None:
    """If they could, the bytes under a version would depend on who came last."""
    _fill(database)
    with pytest.raises(ConflictError), database.writing() as connection:
        publish_snapshot(connection, SHOP, MUGS, b"x", NOW, "b", "", NOW, version=1)


def test_a_learner_that_lags_behind_is_refused(database: Database) -> None:
    """If it were not, a slow learner would put an older policy in place of a newer one."""
    _fill(database)
    earlier = NOW - timedelta(hours=1)
    with pytest.raises(ConflictError), database.writing() as connection:
        publish_snapshot(connection, SHOP, MUGS, b"x", earlier, "b", "", NOW)


def test_a_rolled_back_head_stays_until_it_is_let_go(database: Database) -> None:
    """If it did not, the next snapshot would undo the rollback within minutes."""
    _fill(database)
    with database.writing() as connection:
        publish_snapshot(connection, SHOP, MUGS, b"two", NOW, "learner", "", NOW)
        set_head(connection, SHOP, MUGS, version=1, expected=2, actor="ann", now=NOW, pinned=True)
        publish_snapshot(connection, SHOP, MUGS, b"three", NOW, "learner", "", NOW)
        (head,) = list_heads(connection)
        assert (head.version, head.pinned, head.actor, head.epoch) == (1, True, "ann", 3)
        set_head(connection, SHOP, MUGS, version=3, expected=1, actor="ann", now=NOW)
        publish_snapshot(connection, SHOP, MUGS, b"four", NOW, "learner", "", NOW)
        assert heads(connection) == {(SHOP, MUGS): 4}


def test_a_head_that_moved_meanwhile_is_left_alone(database: Database) -> None:
    """If it were not, two people would undo each other's rollbacks unseen."""
    _fill(database)
    with pytest.raises(ConflictError), database.writing() as connection:
        set_head(connection, SHOP, MUGS, version=1, expected=7, actor="ann", now=NOW)


def test_no_head_points_to_nothing(database: Database) -> None:
    """If one did, every service would fall back to uniform without a snapshot to read."""
    _fill(database)
    with pytest.raises(NotFoundError), database.writing() as connection:
        set_head(connection, SHOP, MUGS, version=9, expected=1, actor="ann", now=NOW)
    with pytest.raises(NotFoundError), database.reading() as connection:
        read_snapshot(connection, SHOP, MUGS, 9)


@pytest.mark.parametrize(
    "statement", [delete(policy_snapshots), update(policy_snapshots).values(data=b"")]
)
def test_snapshots_are_never_changed(database: Database, statement: object) -> None:
    """If they were, a decision could not be replayed by the version that it names."""
    _fill(database)
    with pytest.raises(StoreError, match="append-only"), database.writing() as connection:
        connection.execute(statement)  # type: ignore[call-overload]
