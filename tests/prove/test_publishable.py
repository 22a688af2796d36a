"""Twenty-four real photos on one page: would you publish these?

`make prove` leaves the page in out/prove/publishable.jpg.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.support.real_catalogs import write_boutique_feed, write_vendure_feed

_CHOSEN = Path(__file__).parents[1] / "data" / "publishable.toml"
_CELL, _COLUMNS = 400, 6


@pytest.fixture(scope="module")
def page(test_data: Path) -> list[dict[str, Any]]:
    """The manifest's rows of the chosen products, and the page drawn."""
    out = Path("out") / "prove" / "publishable"
    out.mkdir(parents=True, exist_ok=True)
    feed = _write_chosen(test_data, out)
    command = [sys.executable, "-m", "kirakat", "run", str(feed), "--out", str(out)]
    command += [
        "--placements",
        "1080x1080",
        "--prompts-per-offer",
        "1",
        "--treatments",
        "generated",
    ]
    subprocess.run(command, env={**os.environ, "KIRAKAT_ALLOW_ANY_PATH": "1"}, check=True)
    lines = (out / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    _draw(rows, out, out.with_suffix(".jpg"))
    return rows


def test_every_one_of_them_passes_the_gate(page: list[dict[str, Any]]) -> None:
    """If one did not, a picture that people would publish would wait for a person."""
    assert len(page) >= 24
    held = [row["offer_id"] for row in page if row["verdict"] != "pass"]
    assert not held


def test_no_product_pixel_changed(page: list[dict[str, Any]]) -> None:
    """If one did, the pictures would be nice and the products others."""
    assert {row["certificate"]["product_difference"] for row in page} == {0}


def _write_chosen(data: Path, out: Path) -> Path:
    chosen = tomllib.loads(_CHOSEN.read_text(encoding="utf-8"))
    rows: list[dict[str, str]] = []
    for name, write in (("boutique", write_boutique_feed), ("vendure", write_vendure_feed)):
        with write(data, out / f"{name}.tsv").open(newline="", encoding="utf-8") as file:
            found = {row["id"]: row for row in csv.DictReader(file, delimiter="\t")}
        rows += [found[offer] for offer in chosen[name]]
    feed = out / "feed.tsv"
    with feed.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), delimiter="\t")
        writer.writeheader()
        writer.writerows(rows)
    return feed


def _draw(rows: list[dict[str, Any]], folder: Path, to: Path) -> None:
    lines = -(-len(rows) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * _CELL, lines * _CELL), "white")
    for number, row in enumerate(rows):
        with Image.open(folder / row["path"]) as picture:
            picture.thumbnail((_CELL - 8, _CELL - 8))
            line, column = divmod(number, _COLUMNS)
            sheet.paste(picture, (column * _CELL + 4, line * _CELL + 4))
    sheet.save(to, quality=90)
