"""What a person stopped is not made, whoever asks."""

from __future__ import annotations

from kirakat.store.ask import ask
from kirakat.store.controls import put_control
from kirakat.store.creatives import creatives_by_key
from kirakat.store.database import Database
from kirakat.store.jobs import list_renders
from tests.support.asks import NOW, SHOP, enter_shop, some_ask


def test_a_stopped_offer_gets_no_row_and_no_job(database: Database) -> None:
    """If it did, a nightly feed would make what a person had stopped during the day."""
    enter_shop(database)
    stopped, free = some_ask(0), some_ask(1)
    with database.writing() as connection:
        put_control(
            connection, SHOP, scope="offer", name=stopped.offer.offer_id, kind="do_not_generate",
            reason="", actor="ann", now=NOW,
        )  # fmt: skip
        outcomes = ask(connection, [stopped, free], "catalog", now=NOW)
    assert [(one.state, one.enqueue) for one in outcomes] == [
        ("cancelled", False),
        ("requested", True),
    ]
    with database.reading() as connection:
        assert list(creatives_by_key(connection, SHOP, [stopped.key, free.key])) == [free.key]
        assert len(list_renders(connection)) == 1


def test_what_exists_is_left_as_it_is(database: Database) -> None:
    """If it were not, an order would change history instead of the future."""
    enter_shop(database)
    item = some_ask(0)
    with database.writing() as connection:
        ask(connection, [item], "catalog", now=NOW)
        put_control(
            connection, SHOP, scope="merchant", kind="kill", reason="", actor="ann", now=NOW
        )
        (again,) = ask(connection, [item], "catalog", now=NOW)
    assert (again.state, again.created) == ("requested", False)
