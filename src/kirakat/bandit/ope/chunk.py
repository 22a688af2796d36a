"""A stretch of a log in the order of time: what is held in memory at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from numpy import bool_
from numpy.typing import NDArray

from kirakat.bandit.arms import ArmSet
from kirakat.bandit.ope.log import LoggedRounds
from kirakat.bandit.sums import Floats, Indices


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """n decisions over the K arms that were seen so far; arms keep their place."""

    arms: ArmSet
    rounds: LoggedRounds
    # (n, d); d may grow from one chunk to the next.
    contexts: Floats
    # (n, K) arms that could have been chosen, also those that the log gave a probability of 0.
    available: NDArray[bool_]
    # (n,) drawn evenly by design: by the uniform policy, or in the permanent uniform bucket.
    even: NDArray[bool_]
    # (n,) shown again because the shopper keeps seeing an item's background.
    repeats: NDArray[bool_]
    # (n,) place in the widget from 0; -1: not told.
    positions: Indices
    # (n,) numbers in [0, 1) hashed from the decisions' ids, by which replay draws.
    draws: Floats
    # Seconds since 1970 of the last decision; 0: not told.
    until: float
    # Decisions read for this chunk, also those that were left out.
    read: int


class Log(Protocol):
    """Where chunks come from."""

    @property
    def name(self) -> str:
        """What a report calls it."""
        ...

    @property
    def decisions(self) -> int:
        """How many `chunks` will read, before anything is left out."""
        ...

    # Decisions left out so far, by reason.
    left_out: Counter[str]

    def chunks(self) -> Iterator[Chunk]:
        """The log from its start, in the order of time."""
        ...


def page_of(decisions: int) -> int:
    """Decisions of one chunk: at most 10,000, less of a short log, so that learning shows."""
    return min(max(decisions // 20, 1), 10_000)
