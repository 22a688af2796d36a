"""Which prompt pool an offer belongs to, and how that was found out."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import Literal, NamedTuple

from kirakat.prompts.taxonomy import category_of_id, category_of_path, load_table, split_path
from kirakat.prompts.vocabulary import CATEGORIES
from kirakat.types import Offer

How = Literal["google_product_category", "product_type", "title", "default"]

# Where the head of an English title ends: "Case for Phone" is a case.
_TITLE_TAIL = re.compile(r"\s(?:with|for|in|of|by|from)\s|\s[-\u2013|]\s|[,(]")


class CategoryMatch(NamedTuple):
    """A category and the offer's field that decided it."""

    category: str
    how: How


def category_of(offer: Offer, known: Collection[str] = CATEGORIES) -> CategoryMatch:
    """The category of an offer among `known` ones.

    The first that answers decides: Google's product category (number or en-US path), the
    merchant's product type (a taxonomy path, a known category's name, or a keyword, its most
    special part first), a keyword in the title, "default".
    """
    found: tuple[tuple[str | None, How], ...] = (
        (_from_google(offer.google_product_category), "google_product_category"),
        (_from_product_type(offer.product_type, known), "product_type"),
        (_from_title(offer.title), "title"),
    )
    for category, how in found:
        if category is not None and category in known:
            return CategoryMatch(category, how)
    return CategoryMatch("default", "default")


def _from_google(value: str) -> str | None:
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return category_of_id(int(text))
    return category_of_path(text)


def _from_product_type(value: str, known: Collection[str]) -> str | None:
    parts = split_path(value)
    if parts and parts[-1] in known:
        return parts[-1]
    by_path = category_of_path(value)
    if by_path is not None:
        return by_path
    for part in reversed(parts):
        if part in known:
            return part
        category = keyword_category(part)
        if category is not None:
            return category
    return None


def _from_title(title: str) -> str | None:
    head = _TITLE_TAIL.split(title, maxsplit=1)[0]
    return keyword_category(head) or keyword_category(title)


def keyword_category(text: str) -> str | None:
    """The category of the longest keyword in an English text; of equals the last, or None."""
    pattern, categories = _keywords()
    best = ""
    for match in pattern.finditer(text.casefold()):
        if len(match[1]) >= len(best):
            best = match[1]
    return categories.get(best)


@cache
def _keywords() -> tuple[re.Pattern[str], dict[str, str]]:
    """A pattern that finds overlapping keywords, longest first, and what each stands for."""
    table = load_table("category.toml")["keywords"]
    categories = {word: category for category, words in table.items() for word in words}
    longest_first = sorted(categories, key=len, reverse=True)
    words = "|".join(re.escape(word) for word in longest_first)
    return re.compile(rf"(?=\b({words})(?:s|es)?\b)"), categories
