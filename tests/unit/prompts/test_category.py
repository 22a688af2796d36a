"""Offers to categories."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.prompts.category import category_of
from kirakat.prompts.taxonomy import (
    category_of_id,
    category_of_path,
    id_ranges,
    load_table,
    split_path,
)
from kirakat.prompts.vocabulary import CATEGORIES
from kirakat.types import Offer


def offer(title: str = "Thing", google: str = "", product_type: str = "") -> Offer:
    """An offer with what decides its category."""
    return Offer(
        offer_id="1", merchant_id="m", image_link="x", title=title,
        google_product_category=google, product_type=product_type,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("google", "category"),
    [
        ("187", "footwear"),
        ("2271", "apparel"),
        ("Apparel & Accessories > Shoes", "footwear"),
        ("apparel & accessories > JEWELRY > Watches", "jewellery"),
        ("Home & Garden > Kitchen & Dining > Tableware > Drinkware > Mugs", "kitchen"),
        ("Home & Garden > Decor > Vases", "home"),
        ("Furniture", "furniture"),
        ("5181", "bags"),
    ],
)
def test_google_category_decides(google: str, category: str) -> None:
    """The merchant's most reliable field would be ignored."""
    match = category_of(offer(title="Dog", google=google))
    assert match == (category, "google_product_category")


@pytest.mark.parametrize(
    ("product_type", "category"),
    [
        ("Bracelet", "jewellery"),
        ("Women > New > Running Shoes", "footwear"),
        ("Home & Garden > Decor", "home"),
        ("Living > Sofas > Sale", "furniture"),
    ],
)
def test_product_type_decides_next(product_type: str, category: str) -> None:
    """Shops without Google's categories would all get the default."""
    match = category_of(offer(title="Dog", product_type=product_type))
    assert match == (category, "product_type")


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("Striped Silk Blouse", "apparel"),
        ("Ultraboost Running Shoe", "footwear"),
        ("Black Leather Bag", "bags"),
        ("Choker with Gold Pendant", "jewellery"),
        ("Hairdryer", "beauty"),
        ("Vintage Folding Camera", "electronics"),
        ("Phone case with cat print", "electronics"),
        ("Coffee Table", "furniture"),
        ("Table Lamp", "home"),
        ("Green tea towel", "kitchen"),
        ("Boxing Gloves", "sports"),
        ("Teddy Bear in a Box", "toys"),
        ("Dark chocolate bar 70 %", "grocery"),
        ("Dog bed, grey", "pets"),
        ("Wristwatches", "jewellery"),
    ],
)
def test_title_decides_last(title: str, category: str) -> None:
    """Bare feeds, which have only titles, would all get the default."""
    assert category_of(offer(title=title)) == (category, "title")


@pytest.mark.parametrize("title", ["Qwertz", "Catalogue", "Stopwatchful", "Panorama", "Őszi akció"])
def test_unknown_words_are_default(title: str) -> None:
    """Parts of words would put products into wrong places."""
    assert category_of(offer(title=title)) == ("default", "default")


def test_unknown_google_category_falls_through() -> None:
    """A translated or wrong category would hide a good title."""
    match = category_of(offer(title="Mug", google="Otthon > Bögrék"))
    assert match == ("kitchen", "title")


def test_own_category_by_product_type() -> None:
    """A pool of one's own could not be reached."""
    match = category_of(offer(product_type="Drinks > Wine"), known={"wine", "default"})
    assert match == ("wine", "product_type")


@given(title=st.text(), google=st.text(), product_type=st.text())
def test_any_offer_has_a_category(title: str, google: str, product_type: str) -> None:
    """Some odd text would stop a run."""
    assert category_of(offer(title, google, product_type)).category in CATEGORIES


@given(number=st.integers())
def test_any_number_is_answered(number: int) -> None:
    """Some wrong number would stop a run."""
    assert category_of_id(number) in {*CATEGORIES, None}


def test_keywords_stand_for_one_category() -> None:
    """A word listed twice would mean whatever was read last."""
    table = load_table("category.toml")["keywords"]
    words = [word for words in table.values() for word in words]
    assert sorted(words) == sorted(set(words))
    assert set(table) <= set(CATEGORIES)


def taxonomy(test_data: Path) -> list[tuple[int, str]]:
    """Google's list: numbers and paths."""
    lines = (test_data / "feeds" / "google-taxonomy.en-US.txt").read_text().splitlines()
    pairs = [line.split(" - ", 1) for line in lines if line[:1].isdigit()]
    return [(int(number), path) for number, path in pairs]


def test_whole_taxonomy_is_mapped(test_data: Path) -> None:
    """Some part of Google's taxonomy would have no pool."""
    for number, path in taxonomy(test_data):
        assert category_of_path(path) in CATEGORIES, path
        assert category_of_id(number) == category_of_path(path), path


def test_rules_name_real_paths(test_data: Path) -> None:
    """A misspelt rule would never match."""
    paths = {split_path(path) for _, path in taxonomy(test_data)}
    rules = load_table("category.toml")["google"]
    assert [path for rule in rules.values() for path in rule if split_path(path) not in paths] == []


def test_every_top_level_reaches_a_pool(test_data: Path) -> None:
    """A whole branch would be left to the default without anyone having decided so."""
    top = {path for _, path in taxonomy(test_data) if ">" not in path}
    rules = load_table("category.toml")["google"]
    assert len(top) == 21
    assert top <= {path for rule in rules.values() for path in rule}


def test_number_table_is_up_to_date(test_data: Path) -> None:
    """A changed rule would hold for paths and not for numbers."""
    lines = (test_data / "feeds" / "google-taxonomy.en-US.txt").read_text().splitlines()
    starts = load_table("taxonomy_ids.toml")["starts"]
    assert {name: text.split() for name, text in starts.items()} == {
        name: text.split() for name, text in id_ranges(lines).items()
    }


def test_the_last_part_of_a_product_type_may_name_the_category() -> None:
    """If it did not count, a sofa would be put on a kitchen table like a vase."""
    offer = Offer(
        offer_id="1",
        merchant_id="m",
        title="Stool",
        image_link="a.jpg",
        product_type="Home & Garden > Furniture",
    )
    assert category_of(offer).category == "furniture"
