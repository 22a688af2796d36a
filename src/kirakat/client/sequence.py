"""Which callbacks have not come: gaps in an endpoint's sequence, against the change feed."""

from __future__ import annotations

# Most callbacks remembered beyond a gap; with fewer, a gap is only found to be healed later.
_MAX_AHEAD = 10_000


class Sequence:
    """Knows up to which change everything has been seen.

    Two counters meet here. `sequence` counts an endpoint's callbacks without gaps, so it shows
    what is missing; `change` is a place in the feed, from which what is missing can be read.
    Both grow together. Until the feed was read once, nobody knows what came before the first
    callback, and that counts as a gap.
    """

    def __init__(self, cursor: int) -> None:
        # Everything up to this change has been seen, by callback or in the feed.
        self.cursor = cursor
        # The next sequence number due; None while that is unknown.
        self._due: int | None = None
        # change by sequence number, of callbacks at or beyond the one that is due.
        self._ahead: dict[int, int] = {}

    @property
    def has_gap(self) -> bool:
        """Whether callbacks are missing before one that came."""
        return bool(self._ahead)

    def came(self, sequence: int, change: int) -> None:
        """A callback came, in whatever order."""
        if self._due is not None and sequence < self._due:
            if change <= self.cursor:
                return
            # Older number, newer change: the endpoint was made anew and counts from 1 again.
            self._due = None
            self._ahead.clear()
        self._ahead[sequence] = change
        if len(self._ahead) > _MAX_AHEAD:
            del self._ahead[min(self._ahead)]
        self._close_up()

    def read_up_to(self, cursor: int) -> None:
        """The feed was read up to `cursor`: callbacks of changes before it are no longer due."""
        self.cursor = max(self.cursor, cursor)
        covered = [number for number, change in self._ahead.items() if change <= self.cursor]
        if covered:
            self._due = max(self._due or 0, max(covered) + 1)
            self._ahead = {n: c for n, c in self._ahead.items() if n >= self._due}
        self._close_up()

    def _close_up(self) -> None:
        if self._due is None:
            return
        while self._due in self._ahead:
            self.cursor = max(self.cursor, self._ahead.pop(self._due))
            self._due += 1
