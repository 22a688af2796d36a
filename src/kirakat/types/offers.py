"""What a feed says, and what of it could not be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One sellable feed row."""

    offer_id: str
    merchant_id: str
    title: str
    image_link: str
    description: str = ""
    link: str = ""
    price: str = ""
    brand: str = ""
    color: str = ""
    material: str = ""
    product_type: str = ""
    # Either the taxonomy's number or its full path, as the feed has it.
    google_product_category: str = ""
    item_group_id: str = ""
    additional_image_links: tuple[str, ...] = ()
    # Every other column of the feed, by its name.
    attributes: Mapping[str, str] = field(default_factory=dict)
    # Line (delimited and JSON feeds) or element number (XML), counted from 1.
    line: int = 0


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """A feed row, image or creative that could not be used, with what would mend it."""

    offer_id: str
    line: int
    field: str
    value: str
    reason: str
