"""Bring a catalogue up to a feed, and take back what no offer shows any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kirakat.catalog.links import is_remote
from kirakat.catalog.read_feed import read_feed
from kirakat.clock import Clock
from kirakat.errors import EmptyFeedError
from kirakat.service.creative_cache import NOT_SHOWN
from kirakat.store.bulk import in_chunks
from kirakat.store.database import Database
from kirakat.store.merchants import ensure_merchant
from kirakat.store.records import OfferChanges
from kirakat.store.sync_catalog import sync_catalog
from kirakat.store.transitions import retire_creatives
from kirakat.store.unshown_images import unshown_images
from kirakat.types import Offer, Rejection

_MAX_TOLD = 20
# Images whose creatives are retired in one transaction.
_RETIRED_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class Synced:
    """What a feed did."""

    changes: OfferChanges
    retired: tuple[str, ...]
    rejected: int
    first_rejections: tuple[Rejection, ...]


class _Rejections:
    """Counts what could not be used, and keeps the first few."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[Rejection] = []

    def clear(self) -> None:
        """Begin anew."""
        self.count = 0
        self.first.clear()

    def add(self, item: Rejection) -> None:
        """One more."""
        self.count += 1
        if len(self.first) < _MAX_TOLD:
            self.first.append(item)


def sync_feed(
    database: Database,
    path: Path,
    *,
    merchant_id: str,
    catalog: str,
    complete: bool,
    source_url: str,
    etag: str,
    clock: Clock,
) -> Synced:
    """All of a feed is shown at once, or nothing of it; other writers get their turn meanwhile.

    Pictures must be at http(s) addresses: a path would be one of this machine. Raises
    `FeedError` and `StoreError`; a feed without a usable row changes nothing. What is no longer
    shown is retired afterwards, in parts; a crash in between leaves the rest to the next feed.
    """
    rejections = _Rejections()

    def read() -> Iterator[Offer]:
        rejections.clear()
        feed = read_feed(path, merchant_id=merchant_id, reject=rejections.add)
        return _remote_only(feed, rejections)

    with database.writing() as connection:
        ensure_merchant(connection, merchant_id, now=clock.now())
    changes = sync_catalog(
        database, merchant_id, catalog, read,
        clock=clock, complete=complete, source_url=source_url, etag=etag,
    )  # fmt: skip
    return Synced(
        changes=changes,
        retired=_retire_unshown(database, merchant_id, clock),
        rejected=rejections.count,
        first_rejections=tuple(rejections.first),
    )


def _retire_unshown(database: Database, merchant_id: str, clock: Clock) -> tuple[str, ...]:
    with database.reading() as connection:
        images = unshown_images(connection, merchant_id)
    retired: list[str] = []
    for part in in_chunks(images, _RETIRED_AT_ONCE):
        with database.writing() as connection:
            retired += retire_creatives(
                connection, merchant_id=merchant_id,
                # Once more: another feed may show them by now.
                image_ids=unshown_images(connection, merchant_id, among=part),
                reason=NOT_SHOWN, actor="catalog", now=clock.now(),
            )  # fmt: skip
    return tuple(sorted(retired))


def _remote_only(feed: Iterable[Offer], rejections: _Rejections) -> Iterator[Offer]:
    usable, refused = 0, None
    for offer in feed:
        if is_remote(offer.image_link):
            usable += 1
            yield offer
            continue
        refused = refused or offer
        rejections.add(
            Rejection(
                offer_id=offer.offer_id,
                line=offer.line,
                field="image_link",
                value=offer.image_link[:200],
                reason="is no http(s) address",
            )
        )
    if refused and not usable:
        raise EmptyFeedError(
            "the feed has no usable row: pictures must be at http(s) addresses, and the first "
            f"(row {refused.line}) is at {refused.image_link[:200]}"
        )
