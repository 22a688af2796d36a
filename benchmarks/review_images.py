"""Screenshots of the review pages for docs/images, from a run's creatives.

python -m benchmarks.review_images out/demo --photos assets/src/kirakat_assets/catalog/images
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from kirakat.hashing import sha256_bytes
from kirakat.types import Offer, Placement
from tests.support.browser import open_page
from tests.support.review_shop import PASSWORD, Shot, enter, open_shop, serve_pages

if TYPE_CHECKING:
    from playwright.sync_api import Page

_SIZES = {"wide": (1600, 1000), "phone": (360, 780)}
_HEAVIEST = 200_000
# Of the dark and the narrow pages, those that differ most.
_ENOUGH = {"-dark": {"review-single"}, "-phone": {"review-queue", "review-single"}}


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="a folder that `kirakat run` wrote")
    parser.add_argument("--photos", type=Path, nargs="+", help="folders of its source photos")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--limit", type=int, default=60)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        shop = open_shop(Path(folder))
        keys = enter(shop, list(read_run(options.run, options.photos))[: options.limit])
        with serve_pages(shop.desk) as address:
            for name, scheme in (("wide", "light"), ("wide", "dark"), ("phone", "light")):
                _take(address, keys, options.out, name, scheme)


def read_run(run: Path, photos: Sequence[Path]) -> Iterator[Shot]:
    """The generated creatives of a run as shots of the shop, those for people first."""
    found = {
        sha256_bytes(path.read_bytes()): path
        for folder in photos
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")
    }
    lines = [json.loads(line) for line in (run / "manifest.jsonl").read_text().splitlines()]
    lines = [line for line in lines if line["treatment"] == "generated"]
    for line in sorted(lines, key=lambda item: (item["verdict"] == "pass", item["sha256"])):
        photo = found.get(line["certificate"]["source_sha256"])
        if photo is not None:
            yield _shot(run, line, photo)


def _shot(run: Path, line: dict[str, Any], photo: Path) -> Shot:
    offer_id, prompt, placement = line["offer_id"], line["prompt"], line["placement"]
    return Shot(
        offer=Offer(
            offer_id=offer_id, merchant_id="shop", title=prompt["text"].split(",")[0],
            image_link=f"https://shop.example/{offer_id}.jpg",
        ),
        placement=Placement(**{name: placement[name] for name in ("name", "width", "height")}),
        data=(run / line["path"]).read_bytes(), photo=photo.read_bytes(),
        category=prompt["category"], prompt_id=prompt["id"], text=prompt["text"],
        verdict="review", defects=line["defects"], reasons=line["reasons"],
        certificate=line["certificate"],
    )  # fmt: skip


def _take(address: str, keys: list[str], out: Path, name: str, scheme: str) -> None:
    width, height = _SIZES[name]
    suffix = "" if (name, scheme) == ("wide", "light") else f"-{scheme if name == 'wide' else name}"
    with open_page(width=width, height=height) as page:
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{address}/review/queue")
        save_shot(page, out / f"review-sign-in{suffix}.png")
        page.fill("[name=name]", "anna")
        page.fill("[name=password]", PASSWORD)
        page.click("text=Sign in >> nth=-1")
        settle(page)
        save_shot(page, out / f"review-queue{suffix}.jpg")
        page.goto(f"{address}/review/queue/{keys[2]}")
        settle(page)
        save_shot(page, out / f"review-single{suffix}.jpg")
        page.keyboard.press("c")
        page.keyboard.press("r")
        settle(page)
        save_shot(page, out / f"review-reasons{suffix}.jpg")
        page.keyboard.press("Escape")
        page.goto(f"{address}/review/audit")
        save_shot(page, out / f"review-audit{suffix}.png")
        page.goto(f"{address}/review/queue")
        page.keyboard.press("j")
        page.keyboard.press("x")
        page.keyboard.press("j")
        page.keyboard.press("x")
        settle(page)
        save_shot(page, out / f"review-bulk{suffix}.jpg")


def settle(page: Page) -> None:
    """Wait for the pictures that can be seen."""
    page.wait_for_load_state("networkidle")
    page.evaluate(
        "Promise.all([...document.images].filter(i => i.getBoundingClientRect().top < innerHeight)"
        ".map(i => i.decode().catch(() => 0)))"
    )


def save_shot(page: Page, path: Path) -> None:
    """Keep what the page shows, small enough for the documentation."""
    for suffix, wanted in _ENOUGH.items():
        if path.stem.endswith(suffix) and path.stem.removesuffix(suffix) not in wanted:
            return
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    if path.suffix == ".png":
        image.quantize(128).save(path, optimize=True)
        return
    for quality in (86, 78, 70, 60):
        image.save(path, quality=quality, optimize=True)
        if path.stat().st_size < _HEAVIEST:
            return


if __name__ == "__main__":
    main()
