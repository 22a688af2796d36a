"""Decisions that wait to be written: a bounded buffer beside the one of keys."""

from __future__ import annotations

import threading

from kirakat.store.quick_decisions import WrittenDecision


class DecisionLog:
    """Decisions in the order in which they were made; safe to share between threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._waiting: list[WrittenDecision] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def room(self) -> int:
        """How many decisions still fit."""
        return self._size - len(self._waiting)

    def extend(self, decisions: list[WrittenDecision]) -> None:
        """Keep decisions; the caller has asked for room."""
        with self._lock:
            self._waiting += decisions

    def take(self, most: int) -> list[WrittenDecision]:
        """The oldest decisions, which leave the buffer."""
        with self._lock:
            taken, self._waiting = self._waiting[:most], self._waiting[most:]
            return taken

    def give_back(self, decisions: list[WrittenDecision]) -> None:
        """Keep decisions that could not be written for the next try."""
        with self._lock:
            self._waiting = decisions + self._waiting
