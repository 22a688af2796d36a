"""Google's product taxonomy, reduced to the categories of the prompt pools.

Paths are matched by their longest known beginning; numbers by ranges, since a feed may give
`2271` where it means "Apparel & Accessories > Clothing > Dresses". Both tables are data files
beside this module; `id_ranges` makes the second from the first and Google's public list
(https://www.google.com/basepages/producttype/taxonomy-with-ids.en-US.txt).
"""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from itertools import groupby
from typing import Any


def category_of_path(path: str) -> str | None:
    """The category of a taxonomy path such as "Furniture > Chairs", or None."""
    parts = split_path(path)
    rules = _path_rules()
    for length in range(len(parts), 0, -1):
        category = rules.get(parts[:length])
        if category is not None:
            return category
    return None


def category_of_id(number: int) -> str | None:
    """The category of a taxonomy number, or None beyond the known ones."""
    starts, categories, end = _id_table()
    index = bisect_right(starts, number) - 1
    return categories[index] if index >= 0 and number <= end else None


def split_path(path: str) -> tuple[str, ...]:
    """The folded parts of a path."""
    return tuple(part.strip().casefold() for part in path.split(">") if part.strip())


def id_ranges(taxonomy: Iterable[str]) -> dict[str, str]:
    """The `[starts]` table of `taxonomy_ids.toml` from the lines of Google's list.

    Numbers in ascending order that share a category form one range; a category's text lists
    the first number of each of its ranges.
    """
    pairs = sorted(_id_and_category(line) for line in taxonomy if line[:1].isdigit())
    starts: dict[str, list[str]] = {}
    for category, run in groupby(pairs, key=lambda pair: pair[1]):
        starts.setdefault(category, []).append(str(next(run)[0]))
    return {category: " ".join(numbers) for category, numbers in sorted(starts.items())}


def _id_and_category(line: str) -> tuple[int, str]:
    number, _, path = line.partition(" - ")
    return int(number), category_of_path(path) or "default"


@cache
def load_table(name: str) -> Mapping[str, Any]:
    """A data file beside this module."""
    text = resources.files("kirakat.prompts").joinpath(name).read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _path_rules() -> dict[tuple[str, ...], str]:
    table = load_table("category.toml")["google"]
    return {split_path(path): category for category, paths in table.items() for path in paths}


@cache
def _id_table() -> tuple[list[int], list[str], int]:
    """First numbers of the ranges in ascending order, their categories, the last number."""
    table = load_table("taxonomy_ids.toml")
    pairs = sorted(
        (int(start), category)
        for category, starts in table["starts"].items()
        for start in starts.split()
    )
    return [start for start, _ in pairs], [category for _, category in pairs], table["last"]
