"""Recipes that this worker cannot make: it leaves their renders to others for a while."""

from __future__ import annotations

import threading

from kirakat.clock import Clock

# Seconds after which a worker tries such a recipe again: its models may have come meanwhile.
_MEMORY = 60.0


class UnfitRecipes:
    """Digests of recipes, each for a minute; safe to share between threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # Monotonic time until which each is passed over.
        self._until: dict[str, float] = {}

    def note(self, recipe_digest: str) -> None:
        """Pass over a recipe from now on."""
        with self._lock:
            self._until[recipe_digest] = self._clock.monotonic() + _MEMORY

    def present(self) -> frozenset[str]:
        """The recipes to pass over now."""
        now = self._clock.monotonic()
        with self._lock:
            self._until = {name: end for name, end in self._until.items() if end > now}
            return frozenset(self._until)
