"""Changes of state by compare-and-set, on both databases."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from kirakat.errors import ConflictError, StoreError
from kirakat.store.ask import ask
from kirakat.store.creatives import get_creative, ready_creatives
from kirakat.store.database import Database
from kirakat.store.merchants import get_merchant, read_epoch
from kirakat.store.records import Move
from kirakat.store.states import CreativeState, targets_of
from kirakat.store.tables import transitions
from kirakat.store.transitions import (
    publish,
    read_changes,
    retire_creatives,
    transition,
    transition_all,
)
from tests.support.asks import NOW, SHOP, SMALL, claim, enter_shop, some_ask, some_image


def _enter(database: Database, number: int = 0) -> str:
    """A key that is being rendered."""
    enter_shop(database)
    with database.writing() as connection:
        key = ask(connection, [some_ask(number)], "online", now=NOW)[0].key
    claim(database, ticket=f"t{number}")
    return key


def _move(key: str, origin: CreativeState, target: CreativeState, revision: int = 0) -> Move:
    return Move(
        merchant_id=SHOP, key=key, revision=revision, origin=origin, target=target,
        reason="because", actor="test",
    )  # fmt: skip


def _make(database: Database, *moves: Move) -> list[int]:
    with database.writing() as connection:
        return [transition(connection, move, now=NOW) for move in moves]


def test_a_published_creative_is_ready(database: Database) -> None:
    """If it were not, finished pictures would never be shown."""
    key = _enter(database)
    with database.writing() as connection:
        publish(connection, _move(key, "rendering", "ready"), some_image(), now=NOW)
    with database.reading() as connection:
        found = ready_creatives(connection, SHOP, [key, "unknown"])
    assert found[key].sha256 == some_image().sha256
    assert list(found) == [key]


def test_another_merchant_does_not_see_it(database: Database) -> None:
    """If it did, one shop would show another's pictures."""
    key = _enter(database)
    with database.writing() as connection:
        publish(connection, _move(key, "rendering", "ready"), some_image(), now=NOW)
        assert ready_creatives(connection, "other", [key]) == {}


def test_a_stale_move_is_refused(database: Database) -> None:
    """If it were not, a worker that wakes late would publish a second time."""
    key = _enter(database)
    _make(database, _move(key, "rendering", "ready"))
    with pytest.raises(ConflictError):
        _make(database, _move(key, "rendering", "ready"))


def test_a_move_at_an_old_revision_is_refused(database: Database) -> None:
    """If it were not, a late answer could overwrite the picture that was made again."""
    key = _enter(database)
    _make(database, _move(key, "rendering", "rejected"), _move(key, "rejected", "requested"))
    with pytest.raises(ConflictError):
        _make(database, _move(key, "requested", "cancelled", revision=0))


def test_a_move_that_is_not_allowed_changes_nothing(database: Database) -> None:
    """If it did, the history would tell a story that cannot be."""
    key = _enter(database)
    with pytest.raises(StoreError, match="rendering to retired"):
        _make(database, _move(key, "rendering", "retired"))
    with database.reading() as connection:
        assert get_creative(connection, SHOP, key).state == "rendering"


def test_of_many_writers_one_wins(database: Database) -> None:
    """If two did, a picture would be announced twice."""
    key = _enter(database)
    start = threading.Barrier(4)

    def attempt(_: int) -> bool:
        start.wait()
        try:
            _make(database, _move(key, "rendering", "ready"))
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1


def test_the_epoch_rises_when_a_ready_creative_is_taken_back(database: Database) -> None:
    """If it did not, servers would go on showing a rejected picture from their caches."""
    key = _enter(database)
    _make(database, _move(key, "rendering", "ready"))
    with database.reading() as connection:
        before = read_epoch(connection, SHOP)
    _make(database, _move(key, "ready", "rejected"))
    with database.reading() as connection:
        assert read_epoch(connection, SHOP) == before + 1


def test_changes_continue_where_a_reader_stopped(database: Database) -> None:
    """If they did not, a recommender would miss or repeat changes."""
    key = _enter(database)
    _make(database, _move(key, "rendering", "ready"), _move(key, "ready", "retired"))
    with database.reading() as connection:
        first = read_changes(connection, SHOP, limit=2)
        rest = read_changes(connection, SHOP, since=first[-1].sequence)
    assert [item.target for item in first + rest] == ["rendering", "ready", "retired"]
    assert [item.sequence for item in first + rest] == [1, 2, 3]


def test_numbers_have_no_gaps_under_concurrency(database: Database) -> None:
    """If they had, a reader could not know whether it had missed a change."""
    enter_shop(database)
    with database.writing() as connection:
        outcomes = ask(connection, [some_ask(n) for n in range(40)], "online", now=NOW)

    def cancel(key: str) -> None:
        _make(database, _move(key, "requested", "cancelled"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(cancel, [item.key for item in outcomes]))
    with database.reading() as connection:
        changes = read_changes(connection, SHOP)
        last = get_merchant(connection, SHOP).sequence
    assert [item.sequence for item in changes] == list(range(1, 41))
    assert last == 40


def test_many_move_at_once_and_the_stale_stay(database: Database) -> None:
    """If a stale one stopped all, a changed catalogue could not be brought up to date."""
    enter_shop(database)
    with database.writing() as connection:
        outcomes = ask(connection, [some_ask(n) for n in range(3)], "catalog", now=NOW)
        keys = {item.key: 0 for item in outcomes} | {outcomes[0].key: 7}
        moved = transition_all(
            connection, merchant_id=SHOP, keys=keys, origin="requested", target="cancelled",
            reason="", actor="", now=NOW,
        )  # fmt: skip
    assert set(moved) == {item.key for item in outcomes[1:]}


def test_a_changed_image_takes_back_what_was_made_of_it(database: Database) -> None:
    """If it did not, ads would show a product's old photo."""
    key = _enter(database)
    _make(database, _move(key, "rendering", "ready"))
    with database.writing() as connection:
        waiting = ask(connection, [some_ask(placement=SMALL)], "online", now=NOW)[0].key
        taken = retire_creatives(
            connection, merchant_id=SHOP, image_ids=[some_ask().image_id],
            reason="image changed", actor="catalog", now=NOW,
        )  # fmt: skip
    with database.reading() as connection:
        states = [get_creative(connection, SHOP, item).state for item in (key, waiting)]
    assert set(taken) == {key, waiting}
    assert states == ["retired", "cancelled"]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=12))
def test_a_key_becomes_ready_once_a_revision(
    database: Database, steps: list[tuple[int, bool]]
) -> None:
    """If it became ready twice, its callback would not be sent, or sent twice."""
    enter_shop(database)
    with database.writing() as connection:
        number = get_merchant(connection, SHOP).sequence + 1_000
        key = ask(connection, [some_ask(number)], "online", now=NOW)[0].key
    for choice, is_stale in steps:
        with database.reading() as connection:
            seen = get_creative(connection, SHOP, key)
        targets = targets_of(seen.state)
        move = _move(key, seen.state, targets[choice % len(targets)], seen.revision)
        _make(database, move)
        if is_stale:
            with pytest.raises(ConflictError):
                _make(database, move)
    with database.reading() as connection:
        ready = connection.execute(
            select(transitions.c.key, transitions.c.revision).where(transitions.c.target == "ready")
        ).all()
    assert set(Counter(ready).values()) <= {1}
