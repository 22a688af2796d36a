"""The supplemental feed: only what Merchant Center takes, best first."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from kirakat.output.merchant_feed import MerchantFeedWriter, feed_row, is_eligible
from kirakat.output.paths import creative_path


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, dialect="excel-tab"))


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "review"},
        {"verdict": "reject"},
        {"format": "webp"},
        {"format": "avif"},
        {"size": (499, 800)},
        {"treatment": "positioned"},
        {"treatment": "original"},
    ],
)
def test_what_merchant_center_must_not_get(make: Any, changes: dict[str, Any]) -> None:
    """Merchant Center would disapprove the offer, or shoppers see an unchecked picture."""
    assert not is_eligible(make.creative(**changes))


@pytest.mark.parametrize("changes", [{}, {"format": "png"}, {"size": (500, 500)}])
def test_what_merchant_center_takes(make: Any, changes: dict[str, Any]) -> None:
    """Good pictures would be left out of the feed."""
    assert is_eligible(make.creative(**changes))


def test_lifestyle_is_the_largest_of_the_preferred_shapes(make: Any) -> None:
    """The picture that sells would be the badly cropped one."""
    wide = make.creative(placement="wide", size=(1200, 628))
    square = make.creative(placement="square", size=(600, 600))
    portrait = make.creative(placement="portrait", size=(1080, 1350))
    row = feed_row(make.result(wide, square, portrait))
    assert row is not None
    assert [c.key.placement.name for c in (row.lifestyle, *row.additional)] == [
        "portrait",
        "square",
        "wide",
    ]


def test_other_prompts_come_before_further_sizes(make: Any) -> None:
    """All additional images would show one background."""
    creatives = [
        make.creative(prompt_id=prompt, placement=name, size=size)
        for prompt in ("oak", "sage")
        for name, size in (("square", (600, 600)), ("wide", (1200, 628)))
    ]
    row = feed_row(make.result(*creatives))
    assert row is not None
    paths = [creative_path(creative) for creative in (row.lifestyle, *row.additional)]
    assert [f"{path.parent.name}/{path.stem}" for path in paths] == [
        "oak/square",
        "sage/square",
        "oak/wide",
        "sage/wide",
    ]


def test_at_most_ten_additional_images(tmp_path: Path, make: Any) -> None:
    """Merchant Center refuses an eleventh."""
    creatives = [make.creative(prompt_id=f"p{number}") for number in range(14)]
    with MerchantFeedWriter(tmp_path / "f.tsv", base_url="https://x.example") as writer:
        writer.add(make.result(*creatives))
    (row,) = _rows(tmp_path / "f.tsv")
    links = row["additional_image_link"].split(",")
    assert len(links) == 10
    assert row["lifestyle_image_link"] not in links


def test_links_are_absolute_below_the_base_url(tmp_path: Path, make: Any) -> None:
    """Merchant Center could not fetch the pictures."""
    with MerchantFeedWriter(tmp_path / "f.tsv", base_url="https://x.example/shop/") as writer:
        writer.add(make.result(make.creative(offer_id="a,b"), offer_id="a,b"))
    (row,) = _rows(tmp_path / "f.tsv")
    assert row == {
        "id": "a,b",
        "lifestyle_image_link": ("https://x.example/shop/creatives/a=2cb/oak-shelf/square.jpg"),
        "additional_image_link": "",
    }


def test_offer_without_an_eligible_picture_has_no_row(tmp_path: Path, make: Any) -> None:
    """An empty cell would delete the lifestyle image that the merchant already has."""
    with MerchantFeedWriter(tmp_path / "f.tsv", base_url="") as writer:
        writer.add(make.result(make.creative(verdict="reject")))
    assert _rows(tmp_path / "f.tsv") == []
