"""What was measured on photos: from a worker's outcome to the store, on both databases."""

from __future__ import annotations

from dataclasses import replace

from kirakat.engine.worker.record_source import record_source
from kirakat.engine.worker.renderer import Claim, Outcome
from kirakat.store.ask import ask
from kirakat.store.catalogs import sync_offers
from kirakat.store.database import Database
from kirakat.store.images import get_image, photos_of_offers
from kirakat.store.records import FetchedImage, KnownPhoto
from kirakat.store.schema import check, downgrade, upgrade
from tests.support.asks import NOW, SHOP, claim, enter_shop, some_ask, some_offer

BARE = FetchedImage(sha256="1" * 64, width=800, height=600)
JUDGED = replace(BARE, photo_quality=0.8125, photo_composition="scene")


def _claimed(database: Database) -> Claim:
    enter_shop(database)
    with database.writing() as connection:
        sync_offers(connection, SHOP, "main", [some_offer(0), some_offer(1)], now=NOW)
        ask(connection, [some_ask(0)], "online", now=NOW)
    render = claim(database)
    assert render is not None
    return Claim(ticket=render.ticket, render=render, keys=())


def _record(database: Database, held: Claim, *seen: FetchedImage) -> None:
    for source in seen:
        with database.writing() as connection:
            record_source(connection, held, Outcome(source=source), NOW)


def _known(database: Database, offer_id: str = "offer-0") -> KnownPhoto:
    with database.reading() as connection:
        return photos_of_offers(connection, SHOP, [offer_id])["main", offer_id]


def test_a_worker_s_measures_are_found_by_offer(database: Database) -> None:
    """If they were not, no report could tell for which photos pictures help."""
    _record(database, _claimed(database), JUDGED)
    assert _known(database) == KnownPhoto(0.8125, "scene")
    assert _known(database, "offer-1") == KnownPhoto(None, "")


def test_measures_come_to_an_image_that_was_fetched_before(database: Database) -> None:
    """If they did not, photos first shown as they are would never be judged."""
    _record(database, _claimed(database), BARE, JUDGED)
    assert _known(database) == KnownPhoto(0.8125, "scene")


def test_a_fetch_without_measures_forgets_none(database: Database) -> None:
    """If it did, the next plain picture of an offer would make its photo unknown again."""
    held = _claimed(database)
    _record(database, held, JUDGED, replace(BARE, etag="new"))
    assert _known(database) == KnownPhoto(0.8125, "scene")


def test_a_mended_mask_changes_the_measures(database: Database) -> None:
    """If it did not, a photo would be judged by a product that it does not show."""
    mended = replace(JUDGED, photo_quality=0.9, photo_composition="plain ground")
    _record(database, _claimed(database), JUDGED, mended)
    assert _known(database) == KnownPhoto(0.9, "plain ground")


def test_another_photo_has_none_of_the_old_one_s_measures(database: Database) -> None:
    """If it had, a new photo would be reported as good as the one that it replaces."""
    held = _claimed(database)
    _record(database, held, JUDGED, replace(BARE, sha256="2" * 64))
    assert _known(database) == KnownPhoto(None, "")
    with database.reading() as connection:
        assert get_image(connection, held.render.image_id).photo_quality == 0.8125


def test_stepping_back_and_forth_loses_the_measures_alone(database: Database) -> None:
    """If it lost more, an operator who steps back a version would lose images."""
    held = _claimed(database)
    _record(database, held, JUDGED)
    downgrade(database, to="0008")
    upgrade(database)
    assert check(database) == ()
    with database.reading() as connection:
        assert get_image(connection, held.render.image_id).sha256 == JUDGED.sha256
    assert _known(database) == KnownPhoto(None, "")
