"""A small feed of drawn products, with rows that are wrong in every usual way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from kirakat.types import RGB

_COLUMNS = ("id", "title", "image_link", "google_product_category")


def write_catalog(folder: Path) -> Path:
    """Three good offers (a ball, a bottle, a cut-out mug) and four bad rows; returns the feed."""
    folder.mkdir(parents=True, exist_ok=True)
    _save(folder / "ball.jpg", _ball())
    _save(folder / "bottle.png", _bottle())
    _mug().save(folder / "mug.png")
    (folder / "broken.jpg").write_bytes(b"no picture")
    _save(folder / "empty.jpg", np.full((200, 200, 3), 255, np.uint8))
    rows = [
        ("ball", "Red rubber ball", "ball.jpg", "Toys & Games"),
        ("bottle", "Blue glass bottle", "bottle.png", "Health & Beauty"),
        ("mug", "Ceramic mug", "mug.png", "Home & Garden > Kitchen & Dining"),
        ("broken", "Broken picture", "broken.jpg", ""),
        ("empty", "Nothing to see", "empty.jpg", ""),
        ("ball", "Second ball of the same id", "ball.jpg", ""),
        ("untitled", "", "ball.jpg", ""),
    ]
    feed = folder / "feed.tsv"
    feed.write_text("\n".join("\t".join(row) for row in (_COLUMNS, *rows)) + "\n")
    return feed


def _ball() -> RGB:
    """A shaded disc and its soft shadow on an almost white ground."""
    picture = Image.new("RGB", (400, 400), (246, 246, 244))
    shadow = Image.new("L", picture.size, 0)
    ImageDraw.Draw(shadow).ellipse((120, 300, 300, 335), fill=110)
    shadow = shadow.filter(ImageFilter.GaussianBlur(10))
    picture.paste((90, 90, 90), mask=shadow)
    ImageDraw.Draw(picture).ellipse((100, 110, 300, 310), fill=(190, 30, 40))
    ImageDraw.Draw(picture).ellipse((150, 150, 190, 190), fill=(230, 110, 110))
    return np.asarray(picture)


def _bottle() -> RGB:
    picture = Image.new("RGB", (360, 480), (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((120, 180, 240, 440), 18, fill=(30, 60, 150))
    draw.rectangle((160, 110, 200, 190), fill=(30, 60, 150))
    draw.rectangle((152, 80, 208, 122), fill=(40, 40, 40))
    draw.rectangle((135, 250, 225, 350), fill=(235, 235, 220))
    return np.asarray(picture)


def _mug() -> Image.Image:
    picture = Image.new("RGBA", (400, 360), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((220, 110, 350, 260), outline=(220, 150, 40, 255), width=26)
    draw.rounded_rectangle((70, 70, 270, 320), 30, fill=(220, 150, 40, 255))
    return picture


def _save(path: Path, pixels: RGB) -> None:
    Image.fromarray(pixels).save(path, quality=92)
