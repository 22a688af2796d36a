"""What of the queue is looked at; all of it stands in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from types import MappingProxyType
from urllib.parse import urlencode

from kirakat.types import Defect

SHOWN: Mapping[str, str] = MappingProxyType(
    {
        "": "To review",
        "gate": "Sent by the gate",
        "samples": "Samples of what passed",
        "skipped": "Skipped by me",
        "rejected": "Rejected",
        "ready": "In service",
    }
)
VERDICTS: Mapping[str, str] = MappingProxyType(
    {"pass": "Pass", "review": "Review", "reject": "Reject"}
)
DEFECTS: Mapping[str, str] = MappingProxyType(
    {item.value: item.value.replace("_", " ").capitalize() for item in Defect}
)
AGES: Mapping[str, str] = MappingProxyType(
    {"1h": "Over an hour", "24h": "Over a day", "168h": "Over a week"}
)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Names of the address' parameters, and of the form's fields; empty: any."""

    show: str = ""
    category: str = ""
    placement: str = ""
    verdict: str = ""
    defect: str = ""
    prompt: str = ""
    recipe: str = ""
    age: str = ""

    @property
    def oldest(self) -> timedelta:
        """How long a creative has waited at least."""
        return timedelta(hours=int(self.age.removesuffix("h"))) if self.age else timedelta()

    @property
    def active(self) -> tuple[str, ...]:
        """The parameters that narrow the queue down."""
        return tuple(item.name for item in fields(self) if getattr(self, item.name))

    def address(self, **changes: str) -> str:
        """The query of an address with these filters, "?" included; empty for none."""
        changed = replace(self, **changes)
        values = {name: getattr(changed, name) for name in changed.active}
        return f"?{urlencode(values)}" if values else ""


def read_filters(value_of: Callable[[str], str]) -> Filters:
    """The filters of a request; what is no choice counts as none."""
    found = {item.name: value_of(item.name)[:200] for item in fields(Filters)}
    for name, choices in (
        ("show", SHOWN), ("verdict", VERDICTS), ("defect", DEFECTS), ("age", AGES)
    ):  # fmt: skip
        if found[name] not in choices:
            found[name] = ""
    return Filters(**found)
