"""What works at the moment, as the background tasks and the last requests found it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from kirakat.errors import KirakatError

Part = Literal["database", "blobs", "queue"]


@dataclass
class Health:
    """Parts that are down, each with the reason; changed by whoever notices."""

    down: dict[Part, str] = field(default_factory=dict)
    # Whether the database answered at least once.
    has_started: bool = False

    def works(self, part: Part) -> None:
        """It answered."""
        if part in self.down:
            del self.down[part]
        if part == "database":
            self.has_started = True

    def fails(self, part: Part, reason: str) -> None:
        """It did not."""
        self.down[part] = reason

    def is_up(self, part: Part) -> bool:
        """Whether it answered when it was last asked."""
        return part not in self.down


def is_outage(error: KirakatError) -> bool:
    """Whether the database is out of reach, rather than refusing one statement."""
    return isinstance(error.__cause__, OperationalError | InterfaceError | PoolTimeoutError)
