"""Column names of feeds: one spelling for what merchants write in many.

The target names are those of Google's product data specification
(https://support.google.com/merchants/answer/7052112).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_ALIASES = {
    "additional_image_links": "additional_image_link",
    "additional_images": "additional_image_link",
    "colour": "color",
    "google_category": "google_product_category",
    "image": "image_link",
    "image_src": "image_link",
    "image_url": "image_link",
    "img": "image_link",
    "item_id": "id",
    "name": "title",
    "offer_id": "id",
    "picture": "image_link",
    "product_id": "id",
    "product_types": "product_type",
    "sku": "id",
    "url": "link",
    "vendor": "brand",
}

_CAMEL_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS = re.compile(r"[\W_]+")


def normalise_column(name: str) -> str:
    """Lower-case words joined by underscores: "g:Image Link" and "imageLink" → "image_link"."""
    snake = _SEPARATORS.sub("_", _CAMEL_HUMP.sub("_", name.strip())).strip("_").lower()
    return snake.removeprefix("g_")


@lru_cache(maxsize=256)
def column_names(header: tuple[str, ...]) -> tuple[str, ...]:
    """The specification's names for a header's columns, in order.

    A synonym (`sku`, `image_url`) stands in for the specification's own column only where the
    header has no such column; otherwise it keeps its own name.
    """
    names = [normalise_column(column) for column in header]
    taken = set(names)
    result = []
    for name in names:
        target = _ALIASES.get(name, name)
        if target != name and target in taken:
            target = name
        taken.add(target)
        result.append(target)
    return tuple(result)


def known_columns(header: Sequence[str]) -> int:
    """How many of the three columns that no feed can lack are in the header."""
    return len({"id", "title", "image_link"} & set(column_names(tuple(header))))
