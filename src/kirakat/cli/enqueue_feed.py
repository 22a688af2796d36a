"""Put a feed's creatives on the queue: the body of `kirakat run --engine`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from kirakat.catalog.read_feed import read_feed
from kirakat.cli.open_store import open_configured_database
from kirakat.cli.produce_feed import Feed
from kirakat.cli.progress import progress_bar
from kirakat.clock import Clock, SystemClock
from kirakat.errors import NotFoundError
from kirakat.imaging.placements import load_placements
from kirakat.pipeline.orders import Order
from kirakat.pipeline.studio import Studio
from kirakat.prompts.category import category_of
from kirakat.prompts.pool import Pools
from kirakat.prompts.render import render_prompt
from kirakat.settings import Settings
from kirakat.types import ModelInfo, Offer, Rejection

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from kirakat.engine.port.engine import Engine
    from kirakat.service.generation import Generation
    from kirakat.store.database import Database
    from kirakat.store.records import Ask

# Offers that are entered in one transaction.
_OFFERS_AT_ONCE = 100


@dataclass
class Enqueued:
    """What became of a feed."""

    offers: int = 0
    keys: int = 0
    # Keys that nobody had asked for before.
    new_keys: int = 0
    # Renders that were queued by this call.
    new_jobs: int = 0
    rejected: int = 0

    def __str__(self) -> str:
        """For a person."""
        return (
            f"{self.offers} offers, {self.keys} creatives wanted, {self.new_keys} of them new; "
            f"{self.new_jobs} renders queued (rows that could not be read: {self.rejected})"
        )


def enqueue_feed(feed: Feed, order: Order, studio: Studio, settings: Settings) -> Enqueued:
    """Ask for every creative of a feed in the catalogue lane; safe to repeat at any moment.

    The offers are entered as the catalogue that has the feed's name. Raises `FeedError` and
    `StoreError`.
    """
    from kirakat.engine.port.dbos_engine import open_engine

    console = Console(stderr=True)
    done = Enqueued()

    def reject(rejection: Rejection) -> None:
        done.rejected += 1
        reason = escape(rejection.reason)
        console.print(f"[yellow]line {rejection.line}[/]: {reason}", highlight=False)

    offers = list(
        islice(read_feed(feed.path, merchant_id=feed.merchant_id, reject=reject), feed.limit)
    )
    with closing(open_configured_database()) as database:
        clock = SystemClock()
        _enter(database, feed, offers, settings, clock)
        pools = _pools(database, feed, studio, clock)
        generation = _generation(order, studio.generator_info, pools, settings)
        with closing(open_engine(database)) as engine, progress_bar(console) as progress:
            bar = progress.add_task("queueing", total=len(offers))
            for part in _parts(offers):
                with database.writing() as connection:
                    _ask(connection, engine, part, order, generation, done, clock)
                progress.advance(bar, len(part))
    return done


def _pools(database: Database, feed: Feed, studio: Studio, clock: Clock) -> Pools:
    """The merchant's prompts as they are now."""
    from kirakat.store.merchant_pools import read_pools

    with database.reading() as connection:
        return read_pools(connection, feed.merchant_id, studio.pools, now=clock.now()).pools


def _generation(order: Order, model: ModelInfo, pools: Pools, settings: Settings) -> Generation:
    from kirakat.service.generation import Generation

    return Generation(
        recipe=order.recipe,
        native_size=model.native_size,
        pools=pools,
        placements=load_placements(Path(settings.placements) if settings.placements else None),
    )


def _enter(
    database: Database, feed: Feed, offers: Sequence[Offer], settings: Settings, clock: Clock
) -> None:
    from kirakat.store.merchants import get_merchant, put_merchant
    from kirakat.store.sync_catalog import sync_catalog

    with database.writing() as connection:
        try:
            get_merchant(connection, feed.merchant_id)
        except NotFoundError:
            cap = settings.daily_renders or None
            put_merchant(connection, feed.merchant_id, now=clock.now(), daily_renders=cap)
    sync_catalog(
        database, feed.merchant_id, feed.path.stem, lambda: offers, clock=clock,
        complete=feed.limit is None, source_url=str(feed.path),
    )  # fmt: skip


def _ask(
    connection: Connection,
    engine: Engine,
    offers: Sequence[Offer],
    order: Order,
    generation: Generation,
    done: Enqueued,
    clock: Clock,
) -> None:
    from kirakat.engine.port.request import request
    from kirakat.store.images import ensure_images

    merchant_id = offers[0].merchant_id
    images = ensure_images(connection, merchant_id, [offer.image_link for offer in offers])
    asks = [
        ask
        for offer in offers
        for ask in _asks_of(offer, images[offer.image_link], order, generation)
    ]
    outcomes = request(engine, connection, asks, "catalog", now=clock.now())
    done.offers += len(offers)
    done.keys += len({item.key for item in outcomes})
    done.new_keys += len({item.key for item in outcomes if item.created})
    done.new_jobs += len({item.render_id for item in outcomes if item.enqueue})


def _asks_of(offer: Offer, image_id: str, order: Order, generation: Generation) -> Iterator[Ask]:
    """As `pipeline.wanted.list_wanted`, without the picture: tiles are positioned."""
    from kirakat.store.identities import make_ask

    category, _ = category_of(offer, generation.pools.categories)
    pool = generation.pools.for_category(category)[: order.prompts_per_offer]
    prompts = [render_prompt(prompt, offer) for prompt in pool]
    for placement in order.placements:
        treatments = set(order.treatments)
        if placement.is_tile and "generated" in treatments:
            treatments = treatments - {"generated"} | {"positioned"}
        for treatment in sorted(treatments):
            for prompt in prompts if treatment == "generated" else [None]:
                yield make_ask(
                    offer=offer,
                    image_id=image_id,
                    prompt=prompt,
                    placement=placement,
                    treatment=treatment,
                    recipe=order.recipe,
                    bucket=generation.bucket_of(placement),
                )


def _parts(offers: Sequence[Offer]) -> Iterator[Sequence[Offer]]:
    for start in range(0, len(offers), _OFFERS_AT_ONCE):
        yield offers[start : start + _OFFERS_AT_ONCE]
