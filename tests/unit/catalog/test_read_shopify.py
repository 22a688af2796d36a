"""Shopify product exports."""

from __future__ import annotations

from pathlib import Path

import pytest

from kirakat.catalog.read_feed import read_feed
from kirakat.types import Offer, Rejection

HEADER = (
    "Handle,Title,Vendor,Type,Option1 Name,Option1 Value,Variant SKU,Variant Price,"
    "Image Src,Image Position,Variant Image\n"
)


def read(path: Path) -> tuple[list[Offer], list[Rejection]]:
    """Offers and rejections of a file."""
    rejections: list[Rejection] = []
    return list(read_feed(path, merchant_id="m", reject=rejections.append)), rejections


def export(tmp_path: Path, rows: str) -> list[Offer]:
    """Offers of an export with those rows, none of them rejected."""
    path = tmp_path / "products.csv"
    path.write_text(HEADER + rows)
    offers, rejections = read(path)
    assert rejections == []
    return offers


def test_continuation_rows_join_their_product(tmp_path: Path) -> None:
    """Every further picture of a product would be rejected as a row without a title."""
    (offer,) = export(
        tmp_path,
        "pot,Clay Pot,Acme,Outdoor,Size,Small,,9.99,https://x.example/1.jpg,1,\n"
        "pot,,,,,Large,,15.99,https://x.example/2.jpg,2,\n"
        "pot,,,,,,,,https://x.example/3.jpg,3,\n",
    )
    assert (offer.offer_id, offer.title, offer.price) == ("pot", "Clay Pot", "9.99")
    assert (offer.brand, offer.product_type) == ("Acme", "Outdoor")
    assert offer.additional_image_links == ("https://x.example/2.jpg", "https://x.example/3.jpg")
    assert offer.item_group_id == ""


def test_variant_with_its_own_picture_is_an_offer(tmp_path: Path) -> None:
    """The silver ring would be advertised with the gold one's picture."""
    gold, silver = export(
        tmp_path,
        "ring,Ring,,,Colour,Gold,,70,https://x.example/g.jpg,1,https://x.example/g.jpg\n"
        "ring,,,,,Silver,,55,https://x.example/s.jpg,2,https://x.example/s.jpg\n",
    )
    assert (gold.offer_id, gold.color, gold.image_link) == (
        "ring",
        "Gold",
        "https://x.example/g.jpg",
    )
    assert (silver.offer_id, silver.color, silver.price) == ("ring-silver", "Silver", "55")
    assert silver.image_link == "https://x.example/s.jpg"
    assert gold.item_group_id == silver.item_group_id == "ring"


@pytest.mark.parametrize(
    ("name", "count"), [("apparel", 20), ("home-and-garden", 20), ("jewelery", 23)]
)
def test_real_exports(test_data: Path, name: str, count: int) -> None:
    """Real shops' exports would lose products."""
    offers, rejections = read(test_data / "feeds" / f"shopify-{name}.csv")
    assert len(offers) == count
    assert rejections == []
