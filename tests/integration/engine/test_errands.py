"""What a page asks of a worker comes back, or says why not; whoever dies in between."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kirakat.clock import SystemClock
from kirakat.engine.worker.errands import ErrandRunner, Made
from kirakat.errors import ConflictError, MaskError, NotFoundError
from kirakat.store.blobs import Blobs, open_blobs
from kirakat.store.catalogs import sync_offers
from kirakat.store.collect_blobs import referenced_hashes
from kirakat.store.database import Database
from kirakat.store.errands import (
    MOST_ATTEMPTS,
    Errand,
    ErrandKind,
    add_errand,
    claim_errand,
    finish_errand,
    get_errand,
    remove_errands,
)
from kirakat.store.json_records import to_json
from kirakat.types import Offer, Placement, Prompt
from tests.support.asks import NOW, PROMPT, SHOP, SQUARE, enter_shop, later, some_offer

LEASE = timedelta(minutes=3)


class FakeStudio:
    """Makes no pictures, and notes what it was asked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[object] = []
        self._error = error

    def source(self, offer: Offer) -> Made:
        """A photo that nobody took."""
        return self._made(offer.offer_id)

    def segment(self, offer: Offer, model: str) -> Made:
        """A matte that nobody drew."""
        return self._made(offer.offer_id, model)

    def preview(self, offer: Offer, prompt: Prompt, placement: Placement) -> Made:
        """A creative that nobody drew."""
        return self._made(offer.offer_id, prompt, placement)

    def _made(self, *asked: object) -> Made:
        if self._error is not None:
            raise self._error
        self.asked.append(asked)
        return Made(data=b"picture", words={"verdict": "pass"})


@pytest.fixture
def shop(database: Database) -> Database:
    """A shop with one offer."""
    enter_shop(database)
    with database.writing() as connection:
        sync_offers(connection, SHOP, "main", [some_offer()], now=NOW)
    return database


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    """An empty folder of blobs."""
    return open_blobs(str(tmp_path / "blobs"))


def _add(database: Database, kind: ErrandKind = "segment", offer: str = "offer-0") -> str:
    wanted: dict[str, object] = {"offer_id": offer, "model": "other"}
    if kind == "preview":
        wanted |= {"prompt": to_json(PROMPT), "placement": to_json(SQUARE)}
    with database.writing() as connection:
        return add_errand(connection, SHOP, kind, wanted, actor="ann", now=NOW)


def _get(database: Database, errand_id: str) -> Errand:
    with database.reading() as connection:
        return get_errand(connection, SHOP, errand_id)


def _runner(database: Database, blobs: Blobs, studio: FakeStudio) -> ErrandRunner:
    return ErrandRunner(database, blobs, studio, SystemClock(), poll=0.05)


def test_an_errand_comes_back_as_a_blob(shop: Database, blobs: Blobs) -> None:
    """If it did not, a person would wait before an empty page."""
    errand_id = _add(shop)
    studio = FakeStudio()
    assert _runner(shop, blobs, studio).work()
    done = _get(shop, errand_id)
    assert (done.state, done.made) == ("done", {"verdict": "pass"})
    assert blobs.get(done.sha256) == b"picture"
    assert studio.asked == [("offer-0", "other")]


def test_a_preview_is_asked_with_the_records_of_the_page(shop: Database, blobs: Blobs) -> None:
    """If it were not, the preview would show another prompt than the one that is edited."""
    _add(shop, "preview")
    studio = FakeStudio()
    _runner(shop, blobs, studio).work()
    assert studio.asked == [("offer-0", PROMPT, SQUARE)]


@pytest.mark.parametrize("error", [MaskError("no product was found"), ValueError("a bug")])
def test_a_failure_is_told(shop: Database, blobs: Blobs, error: Exception) -> None:
    """If it were not, the page would turn its wheel for ever."""
    errand_id = _add(shop)
    _runner(shop, blobs, FakeStudio(error)).work()
    failed = _get(shop, errand_id)
    assert failed.state == "failed"
    assert failed.error


def test_an_offer_that_is_gone_is_told(shop: Database, blobs: Blobs) -> None:
    """If it were not, the errand would be begun again for ever."""
    errand_id = _add(shop, offer="gone")
    _runner(shop, blobs, FakeStudio()).work()
    assert "gone" in _get(shop, errand_id).error


def test_nothing_to_do_is_said(shop: Database, blobs: Blobs) -> None:
    """If it were not, an idle worker would never sleep."""
    assert not _runner(shop, blobs, FakeStudio()).work()


def _claim(database: Database, seconds: float) -> Errand | None:
    now = later(seconds)
    with database.writing() as connection:
        return claim_errand(connection, now=now, lease_until=now + LEASE)


def test_one_worker_has_an_errand(shop: Database) -> None:
    """If two had it, the second would waste a minute of the machine."""
    _add(shop)
    assert _claim(shop, 1) is not None
    assert _claim(shop, 2) is None


def test_a_dead_workers_errand_is_taken_over_once_its_lease_is_out(shop: Database) -> None:
    """If it were not, a kill would leave a person waiting; and the dead must not come back."""
    _add(shop)
    first, second = _claim(shop, 1), _claim(shop, 300)
    assert first is not None
    assert second is not None
    with shop.writing() as connection, pytest.raises(ConflictError):
        finish_errand(connection, first, sha256="a", made={}, now=later(301))


def test_an_errand_that_kills_workers_is_given_up(shop: Database) -> None:
    """If it were not, one broken photo would take every worker down in turn."""
    _add(shop)
    claims = [_claim(shop, 300.0 * number) for number in range(MOST_ATTEMPTS + 1)]
    assert [claim is not None for claim in claims] == [True] * MOST_ATTEMPTS + [False]


def test_an_errand_is_its_merchants(shop: Database) -> None:
    """If it were not, one shop could look at another's photos."""
    errand_id = _add(shop)
    with shop.reading() as connection, pytest.raises(NotFoundError):
        get_errand(connection, "other", errand_id)


def test_old_errands_go_and_their_blobs_with_them(shop: Database, blobs: Blobs) -> None:
    """If they did not, previews would fill the store for ever."""
    _add(shop)
    _runner(shop, blobs, FakeStudio()).work()
    sha256 = blobs.put(b"picture")
    with shop.writing() as connection:
        assert referenced_hashes(connection, [sha256]) == {sha256}
        assert remove_errands(connection, before=later(1)) == 1
        assert referenced_hashes(connection, [sha256]) == set()


def test_a_runner_works_until_it_is_stopped(shop: Database, blobs: Blobs) -> None:
    """If it did not, previews would only come when somebody restarted the worker."""
    runner = _runner(shop, blobs, FakeStudio())
    runner.start()
    errand_id = _add(shop)
    clock = SystemClock()
    end = clock.monotonic() + 20
    while _get(shop, errand_id).state != "done":
        assert clock.monotonic() < end
    runner.stop()
