"""Large feeds: staged in parts, shown at once, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from kirakat.clock import FrozenClock
from kirakat.errors import ConflictError
from kirakat.store.catalog_upload import CatalogUpload, dead_uploads
from kirakat.store.catalogs import get_catalog, list_offers, offers_by_id, sync_offers
from kirakat.store.database import Database
from kirakat.store.records import OfferChanges
from kirakat.store.sync_catalog import sync_catalog
from kirakat.store.tables import offers
from kirakat.types import Offer
from tests.support.asks import NOW, SHOP, enter_shop, later, some_offer

_CLOCK = FrozenClock(at=NOW)
# More than two parts.
_MANY = [some_offer(number) for number in range(2500)]


def _sync(database: Database, *feed: Offer) -> OfferChanges:
    return sync_catalog(database, SHOP, "main", lambda: feed, clock=_CLOCK)


def _shown(database: Database) -> int:
    with database.reading() as connection:
        return len(list_offers(connection, SHOP, "main", limit=10_000))


def _rows(database: Database) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(offers)).scalar_one()


def test_a_feed_in_parts_changes_what_a_feed_in_one_does(database: Database) -> None:
    """Otherwise large catalogues are compared by other rules than small ones."""
    enter_shop(database)
    assert len(_sync(database, *_MANY).new) == 2500
    changes = _sync(database, *_MANY[1:], replace(_MANY[1], price="9 EUR"), some_offer(9999))
    assert (changes.new, changes.changed, changes.removed) == (
        ("offer-9999",), ("offer-1",), ("offer-0",)
    )  # fmt: skip
    assert (changes.unchanged, changes.revision) == (2498, 2)
    assert (_shown(database), _rows(database)) == (2500, 2501)


def test_a_row_that_came_twice_and_went_back_is_unchanged(database: Database) -> None:
    """Otherwise the first of two rows with one id holds when they come in different parts."""
    enter_shop(database)
    _sync(database, *_MANY)
    changes = _sync(database, replace(_MANY[0], title="first"), *_MANY)
    assert changes.changed == ()
    with database.reading() as connection:
        found = offers_by_id(connection, SHOP, ["offer-0"])["offer-0"]
    assert found.offer.title == _MANY[0].title


def test_a_feed_that_breaks_off_shows_nothing_of_it(database: Database) -> None:
    """Otherwise a truncated feed empties half of a shop."""
    enter_shop(database)
    _sync(database, some_offer(1))

    def broken() -> Iterator[Offer]:
        yield from _MANY[10:]
        raise OSError("the feed ends in the middle")

    with pytest.raises(OSError, match="in the middle"):
        sync_catalog(database, SHOP, "main", broken, clock=_CLOCK)
    assert (_shown(database), _rows(database)) == (1, 1)
    with database.reading() as connection:
        assert get_catalog(connection, SHOP, "main").revision == 1


def test_others_write_while_a_feed_is_read(database: Database) -> None:
    """Otherwise a large feed stops decisions and renders for as long as it takes."""
    enter_shop(database)

    def feed() -> Iterator[Offer]:
        for number, offer in enumerate(_MANY):
            if number % 500 == 0:
                with database.writing() as connection:
                    sync_offers(connection, SHOP, "other", [some_offer(number)], now=NOW)
                assert _shown(database) == 0
            yield offer

    assert len(sync_catalog(database, SHOP, "main", feed, clock=_CLOCK).new) == 2500


def test_the_slower_of_two_uploads_is_compared_anew(database: Database) -> None:
    """Otherwise it takes away what the faster one brought, or keeps what it removed."""
    enter_shop(database)
    turns: list[int] = []

    def feed() -> Iterator[Offer]:
        if not turns:
            _sync(database, some_offer(1), some_offer(2))
        turns.append(1)
        yield some_offer(2)

    changes = sync_catalog(database, SHOP, "main", feed, clock=_CLOCK)
    assert (changes.removed, changes.unchanged, changes.revision) == (("offer-1",), 1, 2)
    assert len(turns) == 2


def test_an_upload_that_is_always_overtaken_gives_up(database: Database) -> None:
    """Otherwise it goes on for ever."""
    enter_shop(database)

    def feed() -> Iterator[Offer]:
        _sync(database, some_offer(1))
        yield some_offer(2)

    with pytest.raises(ConflictError):
        sync_catalog(database, SHOP, "main", feed, clock=_CLOCK)


def test_what_a_killed_upload_staged_is_cleared_by_a_later_one(database: Database) -> None:
    """Otherwise every crash leaves a copy of the catalogue behind."""
    enter_shop(database)
    with database.writing() as connection:
        upload = CatalogUpload.begin(connection, SHOP, "main")
        wanted = upload.sift(connection, {item.offer_id: item for item in _MANY[:20]})
        upload.stage(connection, wanted, now=NOW)
    assert (_shown(database), _rows(database)) == (0, 20)
    clock = FrozenClock(at=later(2 * 86_400))
    sync_catalog(database, SHOP, "main", lambda: _MANY[:1], clock=clock)
    assert (_shown(database), _rows(database)) == (1, 1)
    with database.reading() as connection:
        assert dead_uploads(connection, SHOP, now=clock.now()) == []


def test_a_running_upload_is_not_taken_for_dead(database: Database) -> None:
    """Otherwise two feeds at a time clear each other away."""
    enter_shop(database)
    with database.writing() as connection:
        upload = CatalogUpload.begin(connection, SHOP, "main")
        upload.stage(connection, _MANY[:3], now=NOW)
        assert dead_uploads(connection, SHOP, now=later(3600)) == []
