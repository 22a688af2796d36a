"""Which offers of a catalogue are looked at; all of it stands in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from urllib.parse import urlencode

SHOWN: Mapping[str, str] = MappingProxyType(
    {
        "": "All offers",
        "ready": "Ready",
        "review": "In review",
        "waiting": "Waiting",
        "rejected": "Rejected",
        "dead": "Dead",
        "none": "Nothing made",
        "photo": "Photo not fetched",
        "stopped": "Stopped by hand",
    }
)


@dataclass(frozen=True, kw_only=True)
class OfferFilters:
    """Names of the address' parameters, and of the form's fields; empty: any."""

    # Beginning of an id, or part of a title.
    q: str = ""
    show: str = ""
    placement: str = ""

    @property
    def active(self) -> tuple[str, ...]:
        """The parameters that narrow the list down."""
        return tuple(item.name for item in fields(self) if getattr(self, item.name))

    def address(self, *, after: str = "", **changes: str) -> str:
        """The query of an address with these filters, "?" included; empty for none."""
        changed = replace(self, **changes)
        values = {name: getattr(changed, name) for name in changed.active}
        if after:
            values["after"] = after
        return f"?{urlencode(values)}" if values else ""


def read_offer_filters(value_of: Callable[[str], str]) -> OfferFilters:
    """The filters of a request; what is no choice counts as none."""
    found = {item.name: value_of(item.name).strip()[:200] for item in fields(OfferFilters)}
    if found["show"] not in SHOWN:
        found["show"] = ""
    return OfferFilters(**found)
