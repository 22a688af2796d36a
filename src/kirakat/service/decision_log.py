"""Decisions that wait to be written: a bounded buffer beside the one of keys."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from kirakat.store.decision_contexts import WrittenContext, append_written_contexts
from kirakat.store.quick_decisions import WrittenDecision, append_written_decisions


class Logged(NamedTuple):
    """A decision and what is personal of it, which can be erased."""

    decision: WrittenDecision
    # Empty fields where the shopper did not consent, or nobody was named and nothing is learned.
    context: WrittenContext


def write_logged(connection: Connection, rows: Sequence[Logged]) -> None:
    """Append decisions with their contexts, in the caller's transaction."""
    ordered = sorted(rows, key=_by_id)
    append_written_decisions(connection, [row.decision for row in ordered])
    contexts = [row.context for row in ordered]
    kept = [one for one in contexts if one.unit or one.features]
    append_written_contexts(connection, kept)


def _by_id(row: Logged) -> str:
    return row.decision.decision_id


class DecisionLog:
    """Decisions in the order in which they were made; safe to share between threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._waiting: list[Logged] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def room(self) -> int:
        """How many decisions still fit."""
        return self._size - len(self._waiting)

    def extend(self, decisions: list[Logged]) -> None:
        """Keep decisions; the caller has asked for room."""
        with self._lock:
            self._waiting += decisions

    def take(self, most: int) -> list[Logged]:
        """The oldest decisions, which leave the buffer."""
        with self._lock:
            taken, self._waiting = self._waiting[:most], self._waiting[most:]
            return taken

    def give_back(self, decisions: list[Logged]) -> None:
        """Keep decisions that could not be written for the next try."""
        with self._lock:
            self._waiting = decisions + self._waiting
