"""What every feed reader yields: cells by column name, not yet judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class RawRow:
    """One row of a feed before it is checked."""

    # Line (delimited and JSON feeds) or element number (XML), counted from 1.
    line: int
    # Non-empty cells by column name; a column that repeats has several.
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Why the row cannot be read at all, and the text in question; empty when it can.
    problem: str = ""
    excerpt: str = ""

    def first(self, column: str) -> str:
        """The column's first cell, or nothing."""
        cells = self.values.get(column, ())
        return cells[0] if cells else ""
