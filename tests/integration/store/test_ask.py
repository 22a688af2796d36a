"""Asking for creatives, on both databases."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from sqlalchemy import event, func, select

from kirakat.errors import StoreError
from kirakat.store.ask import ask
from kirakat.store.claims import bury_render, finish_render
from kirakat.store.creatives import creatives_by_key, get_creative
from kirakat.store.database import Database, open_database
from kirakat.store.jobs import cancel_render, get_render
from kirakat.store.records import Ask, AskOutcome
from kirakat.store.tables import creatives, renders
from tests.support.asks import NOW, SHOP, SMALL, SQUARE, claim, enter_shop, some_ask


def _ask(database: Database, *asks: Ask) -> list[AskOutcome]:
    with database.writing() as connection:
        return ask(connection, asks, "online", now=NOW)


def test_first_ask_creates_the_key_and_says_enqueue(database: Database) -> None:
    """If it did not, nothing would ever be generated."""
    enter_shop(database)
    (outcome,) = _ask(database, some_ask())
    assert (outcome.state, outcome.created, outcome.enqueue, outcome.round) == (
        "requested", True, True, 0,
    )  # fmt: skip


def test_second_ask_creates_nothing(database: Database) -> None:
    """If it did, every ad request would start its own render."""
    enter_shop(database)
    _ask(database, some_ask())
    (outcome,) = _ask(database, some_ask())
    assert (outcome.created, outcome.enqueue) == (False, False)


def test_placements_share_a_render_and_count_its_asks(database: Database) -> None:
    """If they did not, one background would be drawn for every size, and urgency be lost."""
    enter_shop(database)
    first, second = _ask(database, some_ask(), some_ask(placement=SMALL))
    assert first.render_id == second.render_id
    assert first.key != second.key
    with database.reading() as connection:
        assert get_render(connection, first.render_id).asked == 2


def test_the_record_that_a_worker_gets_is_the_one_asked_for(database: Database) -> None:
    """If it were not, a worker would draw something else than was paid for."""
    enter_shop(database)
    wanted = some_ask()
    _ask(database, wanted)
    claimed = claim(database)
    assert claimed is not None
    assert (claimed.offer, claimed.prompt, claimed.recipe) == (
        wanted.offer, wanted.prompt, wanted.recipe,
    )  # fmt: skip
    with database.reading() as connection:
        assert get_creative(connection, SHOP, wanted.key).placement == SQUARE


def test_a_new_key_wakes_a_finished_render(database: Database) -> None:
    """If it did not, a size added later would wait for ever."""
    enter_shop(database)
    _ask(database, some_ask())
    claimed = claim(database)
    assert claimed is not None
    with database.writing() as connection:
        cancel_render(connection, render_id=claimed.render_id, reason="", actor="", now=NOW)
    (outcome,) = _ask(database, some_ask(placement=SMALL))
    assert (outcome.enqueue, outcome.round, outcome.state) == (True, 1, "requested")


def test_a_new_key_of_a_running_render_makes_it_run_again(database: Database) -> None:
    """If it did not, a key asked for while its render ran would be lost."""
    enter_shop(database)
    (first,) = _ask(database, some_ask())
    claim(database)
    (second,) = _ask(database, some_ask(placement=SMALL))
    assert second.enqueue is False
    with database.writing() as connection:
        connection.execute(
            creatives.update().where(creatives.c.key == first.key).values(state="ready")
        )
        again = finish_render(connection, render_id=first.render_id, ticket="t1", now=NOW)
    assert again == 1


def test_a_new_key_of_a_dead_render_is_dead_at_once(database: Database) -> None:
    """If it were not, a picture that fails every time would fail again for every size."""
    enter_shop(database)
    _ask(database, some_ask())
    claimed = claim(database)
    assert claimed is not None
    with database.writing() as connection:
        bury_render(
            connection, render_id=claimed.render_id, ticket="t1", error="no product", now=NOW
        )
    (outcome,) = _ask(database, some_ask(placement=SMALL))
    assert (outcome.state, outcome.enqueue) == ("dead", False)
    with database.reading() as connection:
        assert get_creative(connection, SHOP, outcome.key).reason == "no product"


def test_rows_vanish_with_the_callers_transaction(database: Database) -> None:
    """If they did not, a row could exist whose job was never enqueued."""
    enter_shop(database)
    with database.engine.connect() as connection:
        ask(connection, [some_ask()], "online", now=NOW)
        connection.rollback()
    with database.reading() as connection:
        assert creatives_by_key(connection, SHOP, [some_ask().key]) == {}


def test_an_unknown_merchant_is_a_store_error(database: Database) -> None:
    """If it were accepted, rows would belong to nobody."""
    with pytest.raises(StoreError):
        _ask(database, some_ask())


def test_thousands_of_keys_take_few_statements(database: Database) -> None:
    """If they did not, enqueueing a catalogue would take hours."""
    enter_shop(database)
    asks = [some_ask(n, placement=size) for n in range(1000) for size in (SQUARE, SMALL)]
    statements: list[str] = []
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: statements.append(statement),
    )
    assert sum(item.created for item in _ask(database, *asks)) == 2000
    assert len(statements) < 20
    statements.clear()
    assert sum(item.created for item in _ask(database, *asks)) == 0
    assert len(statements) < 20


def _ask_for_all(url: str, turn: int) -> int:
    """How many of sixty keys this process is told to enqueue; each starts elsewhere."""
    database = open_database(url)
    asks = [some_ask(number) for number in range(60)]
    asks = asks[turn * 7 :] + asks[: turn * 7]
    enqueued = 0
    for start in range(0, 60, 6):
        outcomes = _ask(database, *asks[start : start + 6])
        enqueued += len({item.render_id for item in outcomes if item.enqueue})
    database.close()
    return enqueued


def test_processes_that_ask_at_once_create_each_row_once(
    database: Database, database_url: str
) -> None:
    """If they did not, eight servers would compute everything eight times."""
    enter_shop(database)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=context) as pool:
        enqueued = list(pool.map(_ask_for_all, [database_url] * 3, range(3)))
    assert sum(enqueued) == 60
    _assert_sixty(database, asked=180)


def test_threads_that_ask_at_once_create_each_row_once(
    database: Database, database_url: str
) -> None:
    """If they did not, one server's requests would race each other into double work."""
    enter_shop(database)
    with ThreadPoolExecutor(8) as pool:
        enqueued = list(pool.map(_ask_for_all, [database_url] * 8, range(8)))
    assert sum(enqueued) == 60
    _assert_sixty(database, asked=480)


def _assert_sixty(database: Database, *, asked: int) -> None:
    with database.reading() as connection:
        counted = connection.execute(
            select(func.count(renders.c.render_id), func.sum(renders.c.asked))
        ).one()
        keys = connection.execute(select(func.count()).select_from(creatives)).scalar_one()
    assert (*counted, keys) == (60, asked, 60)
