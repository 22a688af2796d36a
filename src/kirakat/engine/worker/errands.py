"""A worker's errands: what people at the pages wait for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from kirakat.errors import ConflictError, KirakatError, NotFoundError, StoreError
from kirakat.store.catalogs import offers_by_id
from kirakat.store.errands import Errand, claim_errand, fail_errand, finish_errand
from kirakat.store.json_records import from_json
from kirakat.types import Offer, Placement, Prompt

if TYPE_CHECKING:
    from kirakat.clock import Clock
    from kirakat.store.blobs import Blobs
    from kirakat.store.database import Database

_log = logging.getLogger(__name__)
# Longer than any errand takes on one CPU core.
_LEASE = timedelta(minutes=3)


@dataclass(frozen=True, kw_only=True)
class Made:
    """What an errand gave."""

    data: bytes
    # For the page, as JSON values.
    words: Mapping[str, Any]


class Studio(Protocol):
    """Who makes it; may be used by other threads at the same time."""

    def source(self, offer: Offer) -> Made:
        """An offer's photo as the pipeline sees it."""
        ...

    def segment(self, offer: Offer, model: str) -> Made:
        """The matte of an offer's photo by a model."""
        ...

    def preview(self, offer: Offer, prompt: Prompt, placement: Placement) -> Made:
        """A creative that nobody is told of."""
        ...


class ErrandRunner:
    """One thread that looks for errands; a failure is told to the person who asked."""

    def __init__(
        self, database: Database, blobs: Blobs, studio: Studio, clock: Clock, *, poll: float
    ) -> None:
        self._database, self._blobs, self._studio = database, blobs, studio
        self._clock, self._poll = clock, poll
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="errands", daemon=True)

    def start(self) -> None:
        """Begin to look for errands."""
        self._thread.start()

    def stop(self, *, patience: float = 5.0) -> None:
        """End after the present errand, or leave it to another worker's lease."""
        self._stopped.set()
        self._thread.join(timeout=patience)

    def work(self) -> bool:
        """Do one errand; False when there was none."""
        now = self._clock.now()
        with self._database.writing() as connection:
            errand = claim_errand(connection, now=now, lease_until=now + _LEASE)
        if errand is None:
            return False
        try:
            made = self._make(errand)
        except KirakatError as error:
            self._fail(errand, str(error))
        except Exception as error:  # noqa: BLE001  a person waits, and must not wait for ever
            _log.exception("errand %s", errand.errand_id)
            self._fail(errand, f"something broke while it was made ({type(error).__name__})")
        else:
            self._finish(errand, made)
        return True

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                did = self.work()
            except (StoreError, ConflictError) as error:
                _log.warning("errands have to wait: %s", error)
                did = False
            if not did:
                self._stopped.wait(self._poll)

    def _make(self, errand: Errand) -> Made:
        offer = self._offer(errand)
        if errand.kind == "source":
            return self._studio.source(offer)
        if errand.kind == "segment":
            return self._studio.segment(offer, str(errand.wanted["model"]))
        return self._studio.preview(
            offer,
            from_json(Prompt, errand.wanted["prompt"]),
            from_json(Placement, errand.wanted["placement"]),
        )

    def _offer(self, errand: Errand) -> Offer:
        name = str(errand.wanted["offer_id"])
        with self._database.reading() as connection:
            found = offers_by_id(connection, errand.merchant_id, [name])
        if name not in found:
            raise NotFoundError(f"there is no offer {name}", offer_id=name)
        return found[name].offer

    def _finish(self, errand: Errand, made: Made) -> None:
        sha256 = self._blobs.put(made.data)
        with self._database.writing() as connection:
            finish_errand(connection, errand, sha256=sha256, made=made.words, now=self._clock.now())

    def _fail(self, errand: Errand, error: str) -> None:
        with self._database.writing() as connection:
            fail_errand(connection, errand, error=error, now=self._clock.now())
