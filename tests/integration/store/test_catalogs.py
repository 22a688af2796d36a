"""Catalogues and source images, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kirakat.errors import NotFoundError
from kirakat.store.catalogs import (
    get_catalog,
    list_catalogs,
    list_offers,
    offers_by_id,
    sync_offers,
)
from kirakat.store.database import Database
from kirakat.store.identities import image_id_of
from kirakat.store.images import (
    ensure_images,
    get_image,
    list_stale_images,
    record_fetch,
    record_fetch_error,
)
from kirakat.store.records import FetchedImage, ImageRecord, OfferChanges
from kirakat.types import Offer
from tests.support.asks import NOW, SHOP, enter_shop, later, some_offer

URI = "https://shop.example/0.jpg"
FIRST = FetchedImage(sha256="1" * 64, width=800, height=600, etag="one")
OTHER = FetchedImage(sha256="2" * 64, width=800, height=600, etag="two")


def _sync(database: Database, *feed: Offer, complete: bool = True) -> OfferChanges:
    with database.writing() as connection:
        return sync_offers(connection, SHOP, "main", feed, now=NOW, complete=complete)


def _fetch(database: Database, image_id: str, fetched: FetchedImage) -> ImageRecord:
    with database.writing() as connection:
        return record_fetch(connection, image_id, fetched, now=NOW)


def test_a_feed_tells_new_changed_and_removed_apart(database: Database) -> None:
    """If it did not, every upload would have the whole catalogue made again."""
    enter_shop(database)
    offers = [some_offer(n) for n in range(3)]
    assert _sync(database, *offers).new == ("offer-0", "offer-1", "offer-2")
    changes = _sync(database, offers[0], replace(offers[1], price="9 EUR"), some_offer(3))
    assert (changes.new, changes.changed, changes.removed, changes.unchanged) == (
        ("offer-3",), ("offer-1",), ("offer-2",), 1,
    )  # fmt: skip
    assert changes.revision == 2


def test_another_line_is_no_change(database: Database) -> None:
    """If it were, sorting a feed would change every offer."""
    enter_shop(database)
    _sync(database, some_offer())
    assert _sync(database, replace(some_offer(), line=7)).unchanged == 1


def test_a_part_of_a_feed_removes_nothing(database: Database) -> None:
    """If it did, an incremental upload would empty the catalogue."""
    enter_shop(database)
    _sync(database, some_offer(1), some_offer(2))
    assert _sync(database, some_offer(1), complete=False).removed == ()
    with database.reading() as connection:
        assert len(list_offers(connection, SHOP, "main")) == 2


def test_a_removed_offer_is_not_served_and_may_come_back(database: Database) -> None:
    """If it were served, ads would show what cannot be bought."""
    enter_shop(database)
    _sync(database, some_offer(1))
    _sync(database)
    with database.reading() as connection:
        assert offers_by_id(connection, SHOP, ["offer-1"]) == {}
    assert _sync(database, some_offer(1)).new == ("offer-1",)
    with database.reading() as connection:
        assert offers_by_id(connection, SHOP, ["offer-1"])["offer-1"].offer == some_offer(1)


def test_of_two_rows_with_one_id_the_last_holds(database: Database) -> None:
    """If it failed, one doubled row would stop a whole feed."""
    enter_shop(database)
    _sync(database, some_offer(1), replace(some_offer(1), title="last"))
    with database.reading() as connection:
        assert offers_by_id(connection, SHOP, ["offer-1"])["offer-1"].offer.title == "last"


def test_offers_are_read_in_pages(database: Database) -> None:
    """If they were not, a large catalogue could not be listed."""
    enter_shop(database)
    _sync(database, *(some_offer(n) for n in range(2500)))
    with database.reading() as connection:
        page = list_offers(connection, SHOP, "main", after="offer-0", limit=2)
    assert [item.offer.offer_id for item in page] == ["offer-1", "offer-10"]


def test_catalogues_are_known_by_name(database: Database) -> None:
    """If they were not, an upload could not be found again."""
    enter_shop(database)
    _sync(database)
    with database.reading() as connection:
        assert list_catalogs(connection, SHOP) == [get_catalog(connection, SHOP, "main")]
        with pytest.raises(NotFoundError):
            get_catalog(connection, SHOP, "absent")


def test_the_first_fetch_changes_no_image(database: Database) -> None:
    """If it did, keys computed before the fetch would never be found again."""
    enter_shop(database)
    with database.writing() as connection:
        image_id = ensure_images(connection, SHOP, [URI])[URI]
    assert image_id == image_id_of(SHOP, URI, 0)
    assert _fetch(database, image_id, FIRST).image_id == image_id
    assert _fetch(database, image_id, FIRST).revision == 0


def test_other_content_is_another_image(database: Database) -> None:
    """If it were not, creatives would go on showing the old photo."""
    enter_shop(database)
    _sync(database, some_offer(0))
    old = image_id_of(SHOP, URI, 0)
    _fetch(database, old, FIRST)
    new = _fetch(database, old, OTHER)
    assert (new.image_id, new.revision, new.sha256) == (
        image_id_of(SHOP, URI, 1), 1, OTHER.sha256,
    )  # fmt: skip
    with database.writing() as connection:
        assert ensure_images(connection, SHOP, [URI]) == {URI: new.image_id}
        assert get_image(connection, old).sha256 == FIRST.sha256
        offer = offers_by_id(connection, SHOP, ["offer-0"])["offer-0"]
    assert offer.image_id == new.image_id


def test_a_late_fetch_of_an_old_image_is_about_the_present_one(database: Database) -> None:
    """If it were not, two workers that see one change would count two."""
    enter_shop(database)
    with database.writing() as connection:
        old = ensure_images(connection, SHOP, [URI])[URI]
    _fetch(database, old, FIRST)
    new = _fetch(database, old, OTHER)
    assert _fetch(database, old, OTHER).image_id == new.image_id


def test_a_failed_fetch_keeps_what_was_known(database: Database) -> None:
    """If it did not, an outage at the shop would look like a changed picture."""
    enter_shop(database)
    with database.writing() as connection:
        image_id = ensure_images(connection, SHOP, [URI])[URI]
        record_fetch(connection, image_id, FIRST, now=NOW)
        record_fetch_error(connection, image_id, "timeout", now=later(1))
        found = get_image(connection, image_id)
    assert (found.sha256, found.error, found.checked_at) == (FIRST.sha256, "timeout", later(1))


def test_images_that_were_never_checked_come_first(database: Database) -> None:
    """If they did not, new products would wait behind revalidation."""
    enter_shop(database)
    with database.writing() as connection:
        ids = ensure_images(connection, SHOP, ["a", "b", "c"])
        record_fetch(connection, ids["a"], FIRST, now=NOW)
        record_fetch(connection, ids["b"], FIRST, now=later(100))
        stale = list_stale_images(connection, SHOP, before=later(50))
    assert [item.uri for item in stale] == ["c", "a"]
