"""Screenshots of a catalogue, an offer and the dashboard; the dashboard's figures are made up.

python -m benchmarks.review_figures out/demo --catalog assets/src/kirakat_assets/catalog
"""

from __future__ import annotations

import argparse
import csv
import math
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.review_images import read_run, save_shot, settle
from sqlalchemy import Connection, insert, select, update

from kirakat.review.dashboard.money import Rates
from kirakat.store.catalogs import sync_offers
from kirakat.store.claim_company import claim_renders
from kirakat.store.claims import bury_render
from kirakat.store.endpoints import create_endpoint
from kirakat.store.identities import image_id_of
from kirakat.store.images import ensure_images, record_fetch
from kirakat.store.publish_policies import put_publish_policy
from kirakat.store.records import FetchedImage
from kirakat.store.tables import attempts, callbacks, creatives, merchants, transitions
from kirakat.types import Offer
from tests.support.browser import open_page
from tests.support.review_figures import seed_experiment, seed_policies, seed_workers
from tests.support.review_shop import (
    PASSWORD,
    Shop,
    Shot,
    ask_for,
    enter,
    open_shop,
    serve_pages,
)

_RATES = Rates(currency="EUR", machine="cpu-2", hour=0.08, seconds=1.3)
_VERDICTS = ("pass", "pass", "review", "pass", "pass", "pass", "reject", "pass")
# Address and height of each.
_PAGES = {
    "review-catalogue": ("catalogues/home", 1000),
    "review-offer": ("offers/mug-navy", 1000),
    "review-dashboard": ("dashboard", 1680),
}


def main() -> None:
    """Take the three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="a folder that `kirakat run` wrote")
    parser.add_argument("--catalog", type=Path, help="folder of its feed.tsv and images")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--scheme", default="light", choices=["light", "dark"])
    parser.add_argument("--width", type=int, default=1600)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        shop = open_shop(Path(folder))
        _stock(shop, options.run, options.catalog)
        with (
            serve_pages(replace(shop.desk, rates=_RATES)) as address,
            open_page(width=options.width, height=1000) as page,
        ):
            page.emulate_media(color_scheme=options.scheme)
            page.goto(f"{address}/review/login")
            page.fill("[name=name]", "anna")
            page.fill("[name=password]", PASSWORD)
            page.press("[name=password]", "Enter")
            page.wait_for_url("**/review/queue")
            for name, (path, height) in _PAGES.items():
                page.set_viewport_size({"width": options.width, "height": height})
                page.goto(f"{address}/review/{path}")
                settle(page)
                save_shot(page, options.out / f"{name}.jpg")


def _stock(shop: Shop, run: Path, catalog: Path) -> None:
    now = shop.clock.now()
    offers = {offer.offer_id: offer for offer in _read_feed(catalog / "feed.tsv")}
    shots = [
        replace(shot, offer=offers[shot.offer.offer_id], verdict=_VERDICTS[number % 8],
                defects=("halo",) if _VERDICTS[number % 8] != "pass" else ())
        for number, shot in enumerate(read_run(run, [catalog / "images"]))
    ]  # fmt: skip
    with shop.database.writing() as connection:
        create_endpoint(connection, "shop", "https://shop.example/hook", now=now)
        connection.execute(insert(transitions), list(_past(now)))
        last = len(list(_past(now)))
        connection.execute(update(merchants).values(sequence=last))
    enter(shop, shots, catalog="home")
    extra = [replace(shots[0], offer=_plain(number)) for number in range(23)]
    with shop.database.writing() as connection:
        sync_offers(connection, "shop", "home", offers.values(), now=now)
        put_publish_policy(connection, "shop", "home", mode="sample", share=0.05, actor="anna",
                           now=now)  # fmt: skip
        _fetch(connection, shop, offers.values(), catalog, now)
    ask_for(shop, extra)
    _bury(shop, now)
    ask_for(shop, [_oak(shots)])
    _spread(shop)
    with shop.database.writing() as connection:
        seed_workers(connection, now=now)
        seed_policies(connection, now=now)
        seed_experiment(connection, now=now)


def _read_feed(path: Path) -> Iterator[Offer]:
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            yield Offer(
                offer_id=row["id"], merchant_id="shop", link=row["link"],
                image_link=f"https://shop.example/{row['image_link']}",
                google_product_category=row["google_product_category"],
                title=row["title"], description=row["description"], price=row["price"],
                brand=row["brand"], color=row["color"], material=row["material"],
                product_type=row["product_type"],
            )  # fmt: skip


def _fetch(
    connection: Connection, shop: Shop, offers: Iterable[Offer], catalog: Path, now: datetime
) -> None:
    for offer in offers:
        path = catalog / offer.image_link.removeprefix("https://shop.example/")
        ensure_images(connection, "shop", [offer.image_link])
        sha256 = shop.blobs.put(path.read_bytes())
        record_fetch(
            connection, image_id_of("shop", offer.image_link, 0),
            FetchedImage(sha256=sha256, width=600, height=600), now=now,
        )  # fmt: skip


def _plain(number: int) -> Offer:
    return Offer(
        offer_id=f"new-{number}",
        merchant_id="shop",
        title="New",
        image_link=f"https://shop.example/new-{number}.jpg",
    )


def _oak(shots: list[Shot]) -> Shot:
    mug = next(shot for shot in shots if shot.offer.offer_id == "mug-navy")
    return replace(mug, prompt_id="kitchen-oak-shelf", text="on an oak shelf")


def _past(now: datetime) -> Iterator[dict[str, object]]:
    """A day of finished pictures, up to five hours ago: fewer at night."""
    targets = ("ready",) * 9 + ("in_review",) * 2 + ("rejected",)
    number = 0
    for back in range(23 * 60, 300, -5):
        at = now - timedelta(minutes=back)
        busy = 4 + 3 * math.sin((at.hour - 9) / 24 * 2 * math.pi)
        for one in range(round(busy)):
            number += 1
            yield {
                "merchant_id": "shop", "sequence": number, "key": f"{number}", "revision": 0,
                "origin": "rendering", "target": targets[(number * 7 + one) % 12],
                "reason": "", "actor": "render-1", "at": at,
            }  # fmt: skip


def _bury(shop: Shop, now: datetime) -> None:
    with shop.database.writing() as connection:
        for ticket in ("one", "two"):
            [claim] = claim_renders(connection, tickets=[ticket], executor_id="render-1", now=now)
            bury_render(connection, render_id=claim.render_id, ticket=claim.ticket, now=now,
                        error="photo: 404 Not Found")  # fmt: skip


def _spread(shop: Shop) -> None:
    """Batches of four and waiting times, as a worker on two cores has them."""
    with shop.database.writing() as connection:
        rows = connection.execute(select(attempts).where(attempts.c.outcome == "done")).all()
        for number, row in enumerate(rows):
            first = rows[number - number % 4].started_at
            connection.execute(
                update(attempts)
                .where(attempts.c.render_id == row.render_id)
                .values(started_at=first, ended_at=first + timedelta(seconds=5.2 + number % 3))
            )
        made = connection.execute(select(creatives.c.key, creatives.c.ready_at)).all()
        for number, row in enumerate(made):
            if row.ready_at:
                asked = row.ready_at - timedelta(seconds=6 + 5 * (number % 9))
                connection.execute(
                    update(creatives).where(creatives.c.key == row.key).values(requested_at=asked)
                )
        done = select(callbacks.c.webhook_id).where(callbacks.c.sequence > 2)
        connection.execute(
            update(callbacks).where(callbacks.c.webhook_id.in_(done)).values(state="delivered")
        )


if __name__ == "__main__":
    main()
