"""Run a feed through a studio into a folder, with progress: the body of `run` and `demo`."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from kirakat.catalog.read_feed import read_feed
from kirakat.cli.progress import progress_bar
from kirakat.output.run_folder import RunFolder, RunPaths
from kirakat.pipeline.orders import Order
from kirakat.pipeline.produce import produce
from kirakat.pipeline.studio import Studio
from kirakat.types import Offer, OfferResult


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A feed and how much of it is wanted."""

    path: Path
    merchant_id: str
    # Offers to take from its start; None: all.
    limit: int | None = None


def produce_feed(
    feed: Feed, order: Order, studio: Studio, folder: RunFolder, *, as_json: bool
) -> RunPaths:
    """Every offer of the feed, one after the other, each on disk before the next begins.

    An interrupt leaves a valid partial folder and goes on to the caller. Raises `FeedError`.
    """
    console = Console(stderr=True)
    with folder, progress_bar(console) as progress:
        bar = progress.add_task("reading the feed", total=None)
        offers = list(_offers(feed, folder))
        progress.update(bar, description="making creatives", total=len(offers))
        for offer in offers:
            progress.update(bar, description=_short(offer.title))
            result = produce(offer, order, studio)
            folder.add(result)
            tell(result, as_json=as_json, console=progress.console)
            progress.advance(bar)
        progress.update(bar, description="writing the report")
        paths = folder.finish()
        progress.update(bar, description="done")
    return paths


def _offers(feed: Feed, folder: RunFolder) -> list[Offer]:
    offers = []
    for offer in read_feed(feed.path, merchant_id=feed.merchant_id, reject=folder.reject):
        offers.append(offer)
        if feed.limit is not None and len(offers) >= feed.limit:
            break
    return offers


def tell(result: OfferResult, *, as_json: bool, console: Console | None = None) -> None:
    """Say what came of an offer: a JSON line on request, a warning for each rejection."""
    if as_json:
        sys.stdout.write(json.dumps(_as_json(result)) + "\n")
        sys.stdout.flush()
    console = console or Console(stderr=True)
    for rejection in result.rejections:
        console.print(
            f"[yellow]{rejection.offer_id}[/]: {rejection.field}: {rejection.reason}",
            highlight=False,
        )


def _as_json(result: OfferResult) -> dict[str, Any]:
    verdicts = [creative.gate.verdict for creative in result.creatives]
    return {
        "offer_id": result.offer.offer_id,
        "category": result.category,
        "creatives": len(verdicts),
        "cached": result.cached,
        "verdicts": {name: verdicts.count(name) for name in ("pass", "review", "reject")},
        "rejections": [rejection.reason for rejection in result.rejections],
        "seconds": round(result.seconds, 3),
    }


def _short(title: str) -> str:
    return title if len(title) <= 28 else f"{title[:27]}…"
