"""Which render a worker gets, and how a claim ends, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from kirakat.errors import ConflictError, StoreError
from kirakat.store.ask import ask
from kirakat.store.claim_company import claim_renders
from kirakat.store.claims import (
    bury_render,
    finish_render,
    hold_render,
    retry_render,
)
from kirakat.store.creatives import get_creative, waiting_creatives
from kirakat.store.database import Database
from kirakat.store.executors import beat, held_by_silent, list_executors, remove_executor
from kirakat.store.jobs import get_render
from kirakat.store.merchants import merchants_over_budget, put_merchant, spend_renders
from kirakat.store.records import Move
from kirakat.store.states import Lane
from kirakat.store.transitions import publish
from tests.support.asks import (
    NOW,
    SHOP,
    claim,
    enter_shop,
    later,
    some_ask,
    some_image,
)

DAY = date(2026, 11, 21)


def _ask(database: Database, number: int, lane: Lane = "online", seconds: float = 0) -> str:
    """Ask for an offer at a time; gives the render's id."""
    with database.writing() as connection:
        return ask(connection, [some_ask(number)], lane, now=later(seconds))[0].render_id


def _order(database: Database) -> list[str]:
    """The renders in the order in which they are claimed."""
    claimed = [claim(database, ticket=f"t{n}") for n in range(5)]
    return [item.render_id for item in claimed if item]


def test_online_comes_before_catalogue(database: Database) -> None:
    """If it did not, shoppers would wait for a million catalogue pictures."""
    enter_shop(database)
    catalog, online = _ask(database, 1, "catalog"), _ask(database, 2, "online", 9)
    assert _order(database) == [online, catalog]


def test_most_asked_comes_first_then_the_oldest(database: Database) -> None:
    """If it did not, what many shoppers look at would be made last."""
    enter_shop(database)
    asked, middle, oldest = (_ask(database, n, seconds=9 - n) for n in (1, 2, 3))
    _ask(database, 1, seconds=20)
    _ask(database, 1, seconds=20)
    assert _order(database) == [asked, oldest, middle]


def test_an_online_ask_lifts_a_catalogue_render(database: Database) -> None:
    """If it did not, a shopper's wish would wait behind the catalogue."""
    enter_shop(database)
    first, second = _ask(database, 1, "catalog"), _ask(database, 2, "catalog", 9)
    _ask(database, 2, "online", 10)
    assert _order(database) == [second, first]


def test_workers_at_once_get_different_renders(database: Database) -> None:
    """If they did not, one picture would be computed several times."""
    enter_shop(database)
    for number in range(12):
        _ask(database, number)
    with ThreadPoolExecutor(4) as pool:
        claimed = list(pool.map(lambda n: claim(database, ticket=f"t{n}"), range(16)))
    names = [item.render_id for item in claimed if item]
    assert len(names) == len(set(names)) == 12


def test_nothing_due_is_none(database: Database) -> None:
    """If it were an error, an idle worker would be a failing one."""
    enter_shop(database)
    assert claim(database) is None


def test_a_retry_waits_for_its_time(database: Database) -> None:
    """If it did not, a failing picture would be tried in a hot loop."""
    enter_shop(database)
    render_id = _ask(database, 1)
    claim(database)
    with database.writing() as connection:
        tries = retry_render(
            connection, render_id=render_id, ticket="t1", error="bad", next_at=later(9000),
            now=NOW,
        )  # fmt: skip
    assert (tries, claim(database, ticket="t2")) == (1, None)
    with database.writing() as connection:
        (claimed,) = claim_renders(connection, tickets=["t3"], executor_id="e", now=later(9001))
    assert (claimed.attempts, claimed.error) == (2, "bad")


def test_a_released_render_has_not_been_tried(database: Database) -> None:
    """If it counted, a few orderly restarts would bury good pictures."""
    enter_shop(database)
    render_id = _ask(database, 1)
    claim(database)
    with database.writing() as connection:
        retry_render(
            connection, render_id=render_id, ticket="t1", error="", next_at=NOW, now=NOW,
            outcome="released",
        )  # fmt: skip
    claimed = claim(database, ticket="t2")
    assert claimed is not None
    assert claimed.attempts == 1


def test_a_lost_claim_can_end_nothing(database: Database) -> None:
    """If it could, a frozen worker that wakes would undo its successor's work."""
    enter_shop(database)
    render_id = _ask(database, 1)
    claim(database, ticket="old")
    with database.writing() as connection:
        retry_render(
            connection, render_id=render_id, ticket="old", error="", next_at=NOW, now=NOW,
            outcome="lost",
        )  # fmt: skip
    claim(database, ticket="new")
    with pytest.raises(ConflictError), database.writing() as connection:
        hold_render(connection, render_id=render_id, ticket="old")
    with pytest.raises(ConflictError), database.writing() as connection:
        bury_render(connection, render_id=render_id, ticket="old", error="", now=NOW)


def test_dead_letters_take_their_keys_along(database: Database) -> None:
    """If they did not, an operation would stay pending for ever."""
    enter_shop(database)
    render_id = _ask(database, 1)
    claim(database)
    with database.writing() as connection:
        bury_render(connection, render_id=render_id, ticket="t1", error="poison", now=NOW)
    with database.reading() as connection:
        creative = get_creative(connection, SHOP, some_ask(1).key)
    assert (creative.state, creative.reason) == ("dead", "poison")


def test_a_published_render_is_done(database: Database) -> None:
    """If it were not, it would be computed again."""
    enter_shop(database)
    render_id = _ask(database, 1)
    claim(database)
    with database.writing() as connection:
        hold_render(connection, render_id=render_id, ticket="t1")
        for item in waiting_creatives(connection, render_id):
            move = Move(
                merchant_id=SHOP, key=item.key, revision=item.revision, origin="rendering",
                target="ready", reason="", actor="e1",
            )  # fmt: skip
            publish(connection, move, some_image(), now=NOW)
        again = finish_render(connection, render_id=render_id, ticket="t1", now=NOW)
    with database.reading() as connection:
        assert (again, get_render(connection, render_id).state) == (None, "done")


def test_an_unpublished_key_keeps_a_render_from_being_done(database: Database) -> None:
    """If it did not, a forgotten key would wait for ever."""
    enter_shop(database)
    render_id = _ask(database, 1)
    claim(database)
    with pytest.raises(StoreError, match="not published"), database.writing() as connection:
        finish_render(connection, render_id=render_id, ticket="t1", now=NOW)


def test_a_silent_process_gives_back_what_it_held(database: Database) -> None:
    """If it did not, a crashed worker's renders would be lost."""
    enter_shop(database)
    _ask(database, 1)
    _ask(database, 2)
    for name, seconds in (("alive", 100.0), ("silent", 10.0)):
        claim(database, ticket=name, executor=name)
        with database.writing() as connection:
            beat(connection, executor_id=name, host="h", pid=1, version="1", now=later(seconds))
    with database.reading() as connection:
        held = held_by_silent(connection, silent_since=later(60))
    assert [item.ticket for item in held] == ["silent"]


def test_a_process_that_nobody_knows_counts_as_silent(database: Database) -> None:
    """If it did not, what died before its first heartbeat would be lost."""
    enter_shop(database)
    _ask(database, 1)
    claim(database, executor="e1")
    with database.writing() as connection:
        beat(connection, executor_id="e1", host="h", pid=1, version="1", now=NOW)
        remove_executor(connection, "e1")
        assert list_executors(connection) == []
        assert len(held_by_silent(connection, silent_since=NOW)) == 1


def test_the_daily_budget_is_not_overdrawn(database: Database) -> None:
    """If it were, a merchant would pay for more than was agreed."""
    with database.writing() as connection:
        put_merchant(connection, SHOP, now=NOW, daily_renders=3)

    def book(_: int) -> bool:
        with database.writing() as connection:
            return spend_renders(connection, SHOP, day=DAY)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(book, range(8))) == 3
    with database.reading() as connection:
        assert merchants_over_budget(connection, day=DAY) == {SHOP}


def test_a_merchant_over_budget_is_passed_over(database: Database) -> None:
    """If it were not, the budget would not hold; if it blocked, others would wait."""
    enter_shop(database)
    enter_shop(database, "other")
    _ask(database, 1)
    with database.writing() as connection:
        ask(connection, [some_ask(2, merchant_id="other")], "catalog", now=NOW)
        (claimed,) = claim_renders(
            connection, tickets=["t"], executor_id="e", now=NOW, skip_merchants={SHOP}
        )
    assert claimed.merchant_id == "other"
