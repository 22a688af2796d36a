"""Clicks that no shopper makes: logged, flagged, never learned from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

# A person takes longer than this from seeing to clicking.
QUICKEST = timedelta(milliseconds=300)
HOUR = timedelta(hours=1)


def is_too_quick(click: datetime, shown: datetime) -> bool:
    """Whether a click follows its impression faster than a person can."""
    return timedelta(0) <= click - shown < QUICKEST


def clicks_too_often(clicks: Sequence[datetime], at: Iterable[datetime], limit: int) -> bool:
    """Whether more than `limit` clicks lie in the hour up to any of the times.

    `clicks` are those of one unit, sorted.
    """
    return any(
        bisect_right(clicks, time) - bisect_right(clicks, time - HOUR) > limit for time in at
    )
