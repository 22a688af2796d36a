"""Who looks: a pseudonym and features, and only those that the shopper agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kirakat.store.pseudonym import pseudonym


@dataclass(frozen=True, slots=True)
class Shopper:
    """The shopper of one request."""

    # The pseudonym; empty: nobody was named, or without consent.
    unit: str = ""
    # Raw features, for as long as the request lasts.
    features: Mapping[str, Any] = field(default_factory=dict)
    # False: nothing about the shopper is used or kept, and nothing is learned from the decision.
    consent: bool = True


def shopper_of(secret: str, merchant_id: str, user: object) -> Shopper:
    """The shopper that a well-formed request names: an id, or an object {id, consent, features}."""
    if isinstance(user, str):
        return Shopper(pseudonym(secret, merchant_id, user))
    if not isinstance(user, dict):
        return Shopper()
    if user.get("consent") is False:
        return Shopper(consent=False)
    unit = pseudonym(secret, merchant_id, user.get("id") or "")
    return Shopper(unit, user.get("features") or {})
