"""The catalogues of the test data as Merchant feeds."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

_COLUMNS = ("id", "title", "description", "image_link", "product_type")


def write_boutique_feed(data: Path, feed: Path) -> Path:
    """The nine studio photos of Online Boutique; returns `feed`."""
    folder = data / "catalogs" / "online-boutique"
    products = json.loads((folder / "products.json").read_text())["products"]
    rows = [
        (
            product["id"],
            product["name"],
            product["description"],
            str(folder / Path(product["picture"]).name),
            " > ".join(product["categories"]),
        )
        for product in products
    ]
    return _write(feed, rows)


def write_vendure_feed(data: Path, feed: Path) -> Path:
    """The 54 photos of Vendure's sample shop; returns `feed`."""
    folder = data / "catalogs" / "vendure"
    with (folder / "products.csv").open(newline="") as file:
        products = [
            {key.strip(): (value or "").strip() for key, value in row.items() if key}
            for row in csv.DictReader(file)
        ]
    rows = []
    for product in products:
        picture = product["assets"].split("|")[0]
        if product["name"] and picture:
            kinds = [
                part.split(":")[1]
                for part in product["facets"].split("|")
                if part.startswith("category:")
            ]
            rows.append(
                (
                    product["slug"] or product["name"],
                    product["name"],
                    product["description"],
                    str(folder / picture),
                    " > ".join(kinds),
                )
            )
    return _write(feed, rows)


def _write(feed: Path, rows: Sequence[tuple[str, ...]]) -> Path:
    with feed.open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerow(_COLUMNS)
        writer.writerows(rows)
    return feed
