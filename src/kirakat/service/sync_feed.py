"""Bring a catalogue up to a feed, and take back what no offer shows any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kirakat.catalog.links import is_remote
from kirakat.catalog.read_feed import read_feed
from kirakat.errors import EmptyFeedError
from kirakat.service.creative_cache import NOT_SHOWN
from kirakat.store.catalogs import sync_offers
from kirakat.store.database import Database
from kirakat.store.merchants import ensure_merchant
from kirakat.store.records import OfferChanges
from kirakat.store.transitions import retire_creatives
from kirakat.store.unshown_images import unshown_images
from kirakat.types import Offer, Rejection

_MAX_TOLD = 20


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
    now: datetime,
) -> Synced:
    """All of a feed or nothing of it, in one transaction.

    Pictures must be at http(s) addresses: a path would be one of this machine. Raises
    `FeedError` and `StoreError`; a feed without a usable row changes nothing.
    """
    rejections = _Rejections()
    feed = read_feed(path, merchant_id=merchant_id, reject=rejections.add)
    with database.writing() as connection:
        ensure_merchant(connection, merchant_id, now=now)
        changes = sync_offers(
            connection, merchant_id, catalog, _remote_only(feed, rejections), now=now,
            complete=complete, source_url=source_url, etag=etag,
        )  # fmt: skip
        retired = retire_creatives(
            connection, merchant_id=merchant_id,
            image_ids=unshown_images(connection, merchant_id),
            reason=NOT_SHOWN, actor="catalog", now=now,
        )  # fmt: skip
    return Synced(
        changes=changes,
        retired=retired,
        rejected=rejections.count,
        first_rejections=tuple(rejections.first),
    )


def _remote_only(feed: Iterable[Offer], rejections: _Rejections) -> Iterator[Offer]:
    usable = 0
    for offer in feed:
        if is_remote(offer.image_link):
            usable += 1
            yield offer
            continue
        rejections.add(
            Rejection(
                offer_id=offer.offer_id,
                line=offer.line,
                field="image_link",
                value=offer.image_link[:200],
                reason="is no http(s) address",
            )
        )
    if not usable:
        raise EmptyFeedError("the feed has no usable row")
