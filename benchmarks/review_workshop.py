"""Screenshots of the mask editor, the prompts and the scenes, with figures made up.

python -m benchmarks.review_workshop out/demo --photos assets/src/kirakat_assets/catalog/images
"""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from benchmarks.review_images import read_run, save_shot, settle
from PIL import Image
from sqlalchemy import update

from kirakat.catalog.decode_image import decode_image
from kirakat.models.segmenters.registry import load_segmenter
from kirakat.pipeline.codecs import encode_png
from kirakat.pipeline.step1_mask import mask
from kirakat.review.prompts.read_prompts import shipped_pools
from kirakat.store.creatives import get_creative
from kirakat.store.errands import Errand, claim_errand, finish_errand
from kirakat.store.images import get_image
from kirakat.store.ledger import append_decisions, append_events
from kirakat.store.ledger_records import DecisionRecord, EventRecord
from kirakat.store.policy_alarms import record_alarms
from kirakat.store.prompt_rows import put_prompts
from kirakat.store.tables import creatives, source_images
from tests.support.browser import open_page
from tests.support.review_shop import PASSWORD, Shop, enter, open_shop, serve_pages

if TYPE_CHECKING:
    from playwright.sync_api import Page

_POOL = "kitchen"
# Impressions and clicks of the pool's prompts, in their order.
_SHOWN = ((4210, 97), (3980, 71), (1015, 22), (3742, 31), (612, 15))
_STATES = ("ready", "ready", "ready", "in_review", "rejected")


def main() -> None:
    """Take the three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="a folder that `kirakat run` wrote")
    parser.add_argument("--photos", type=Path, nargs="+", help="folders of its source photos")
    parser.add_argument("--offer", default="teapot-terracotta", help="whose mask is drawn")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        shop = open_shop(Path(folder))
        shots = list(read_run(options.run, options.photos))[:60]
        keys = dict(zip((shot.offer.offer_id for shot in shots), enter(shop, shots), strict=True))
        with serve_pages(shop.desk) as address, open_page(width=1600, height=1000) as page:
            page.goto(f"{address}/review/login")
            page.fill("[name=name]", "anna")
            page.fill("[name=password]", PASSWORD)
            page.press("[name=password]", "Enter")
            page.wait_for_url("**/review/queue")
            _draw(shop, keys[options.offer], address, page)
            save_shot(page, options.out / "review-mask.jpg")
            _make_figures(shop, list(keys.values()))
            page.goto(f"{address}/review/prompts?category={_POOL}")
            save_shot(page, options.out / "review-prompts.jpg")
            page.goto(f"{address}/review/scenes")
            page.check("#geometry")
            settle(page)
            save_shot(page, options.out / "review-scenes.jpg")


def _draw(shop: Shop, key: str, address: str, page: Page) -> None:
    """Open the editor with the shipped segmenter's mask, and begin to mend it."""
    size = _note_size(shop, key)
    page.goto(f"{address}/review/mask/{key}")
    page.wait_for_selector(".errand.waiting")
    _segment(shop, key)
    page.wait_for_selector(".errand.done")
    page.wait_for_timeout(1000)
    box = page.locator("canvas").bounding_box()
    assert box is not None  # noqa: S101  it is there: the mask was shown
    page.fill("[data-field=size]", str(size // 14))
    page.keyboard.press("Tab")
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.16 * box["height"], steps=8)
    page.mouse.up()
    page.wait_for_timeout(8000)


def _note_size(shop: Shop, key: str) -> int:
    with shop.database.writing() as connection:
        image = get_image(connection, get_creative(connection, "shop", key).image_id)
        with Image.open(io.BytesIO(shop.blobs.get(str(image.sha256)))) as photo:
            width, height = photo.size
        connection.execute(
            update(source_images)
            .where(source_images.c.image_id == image.image_id)
            .values(width=width, height=height)
        )
    return width


def _segment(shop: Shop, key: str) -> None:
    now = shop.clock.now()
    with shop.database.writing() as connection:
        errand = claim_errand(connection, now=now, lease_until=now)
        image = get_image(connection, get_creative(connection, "shop", key).image_id)
    assert isinstance(errand, Errand)  # noqa: S101  the page has just asked
    photo = decode_image(shop.blobs.get(str(image.sha256)), image.uri)
    cutout = mask(photo, segmenter=load_segmenter())
    grey = np.asarray(np.round(cutout.alpha * 255), np.uint8)
    words = {"model": cutout.model, "confidence": cutout.confidence, "source": image.sha256,
             "width": photo.width, "height": photo.height}  # fmt: skip
    sha256 = shop.blobs.put(encode_png(grey))
    with shop.database.writing() as connection:
        finish_errand(connection, errand, sha256=sha256, made=words, now=now)


def _make_figures(shop: Shop, keys: list[str]) -> None:
    """States, impressions and clicks for one pool, and a proposal to retire its weakest prompt."""
    now, pool = shop.clock.now(), shipped_pools(shop.desk).for_category(_POOL)
    with shop.database.writing() as connection:
        put_prompts(connection, "shop", pool, now=now)
        for number, key in enumerate(keys):
            connection.execute(
                update(creatives)
                .where(creatives.c.key == key)
                .values(arm=pool[number % 5].arm, state=_STATES[(number * 7 // 5) % 5])
            )
        decisions, events = [], []
        for prompt, (impressions, clicks) in zip(pool, _SHOWN, strict=True):
            for number in range(impressions):
                name = f"{prompt.arm}-{number}"
                decisions.append(
                    DecisionRecord(
                        decision_id=name, merchant_id="shop", record={"served": prompt.arm}, at=now
                    )
                )
                for kind in ("impression", "click")[: 1 + (number < clicks)]:
                    events.append(
                        EventRecord(
                            event_id=f"{name}-{kind}", merchant_id="shop", decision_id=name,
                            kind=kind, record={}, at=now,
                        )
                    )  # fmt: skip
        append_decisions(connection, decisions)
        append_events(connection, events)
        why = "its CTR is surely below the pool's best by more than 30 %"
        record_alarms(connection, "shop", _POOL, {("retire", pool[3].arm): why}, version=4, now=now)


if __name__ == "__main__":
    main()
