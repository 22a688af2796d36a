"""Users who saw more than one variant: they belong to none of them."""

from __future__ import annotations

from dataclasses import dataclass

# Share of users above which something is wrong with ids or assignment.
ALARM = 0.01


@dataclass(frozen=True, kw_only=True)
class MultipleExposure:
    """How many users saw more than one variant; an analysis leaves them out."""

    units: int
    in_several: int

    @property
    def share(self) -> float:
        """Of all users; 0 without any."""
        return self.in_several / self.units if self.units else 0.0

    @property
    def is_alarming(self) -> bool:
        """Whether leaving them out no longer helps: who is lost may depend on the variant."""
        return self.share > ALARM
