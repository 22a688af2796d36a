"""Which slices of time can be learned now, and have not been."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import Connection

from kirakat.bandit.draw import uniform_draw
from kirakat.bandit.learner.timing import Slicing
from kirakat.bandit.learner.windows import Window
from kirakat.store.learned_slices import learned_starts
from kirakat.store.opened_windows import next_opening

Turn = Callable[[datetime], bool]


def unlearned_slices(
    connection: Connection,
    merchant_id: str,
    window: Window,
    slicing: Slicing,
    *,
    now: datetime,
    since: datetime | None,
) -> Iterator[datetime]:
    """Starts of the slices with something in them that may be learned by `now`, oldest first.

    `since`: everything before has been learned; None: it is not known.
    """
    learned = learned_starts(connection, merchant_id, window.label)
    at = since
    while True:
        while at is not None and at in learned:
            at = slicing.end_of(at)
        found = next_opening(connection, merchant_id, window.opening, at)
        if found is None:
            return
        at = slicing.start_of(found)
        if slicing.learnable(at, window.seconds) > now:
            return
        if at not in learned:
            yield at
            at = slicing.end_of(at)


def frontier(window: Window, slicing: Slicing, now: datetime) -> datetime:
    """The time before which every slice may be learned by `now`."""
    start = slicing.start_of(now)
    gone = slicing.learnable(start, window.seconds) - start
    return slicing.end_of(slicing.start_of(now - gone))


def turn(part: int, parts: int, merchant_id: str) -> Turn:
    """Which slices learner `part` (from 1) of `parts` takes first: a share by hash."""

    def is_mine(start: datetime) -> bool:
        share = uniform_draw("learner", f"{merchant_id} {start.isoformat()}")
        return int(share * parts) == part - 1

    return is_mine
