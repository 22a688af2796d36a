"""What policies know of an item whoever looks at it; worked out once a plan."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kirakat.bandit.arms import Arm
from kirakat.bandit.features.parts import Part
from kirakat.types import Offer, Placement

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# Decimals follow the last point or comma, one or two of them.
_PRICE = re.compile(r"(.*?)(?:[.,](\d{1,2}))?")
_OFFER_FIELDS = (
    "title", "brand", "color", "material", "product_type", "google_product_category",
    "item_group_id",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """An item as its pool's policy sees it."""

    # The plan's candidates as arms, and the original where it is one.
    arms: tuple[Arm, ...]
    # Offer and placement by feature name, and encoded under the pool's schema.
    raw: Mapping[str, Any]
    part: Part | None


def raw_item(offer: Offer, placement: Placement, category: str) -> dict[str, Any]:
    """What an item's features may be made of, by name."""
    raw: dict[str, Any] = {f"item.{name}": getattr(offer, name) for name in _OFFER_FIELDS}
    raw |= {f"item.attributes.{name}": value for name, value in offer.attributes.items()}
    raw["item.category"], raw["item.price"] = category, price_of(offer.price)
    raw |= {
        "placement.name": placement.name,
        "placement.width": placement.width,
        "placement.height": placement.height,
        "placement.ratio": placement.ratio,
        "placement.shape": _shape(placement),
    }
    return raw


def price_of(text: str) -> float | None:
    """The number in a feed's price, such as 1299.0 for "USD 1,299.00"; None without one."""
    found = _NUMBER.search(text)
    parts = _PRICE.fullmatch(found[0]) if found else None
    if parts is None:
        return None
    whole, decimals = re.sub(r"[.,]", "", parts[1]), parts[2] or "0"
    return float(f"{whole}.{decimals}")


def _shape(placement: Placement) -> str:
    if 0.9 <= placement.ratio <= 1.1:
        return "square"
    return "landscape" if placement.ratio > 1.0 else "portrait"
