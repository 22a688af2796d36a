"""When a decision is learned, and which clicks still count for it.

Impressions are taken in slices of the time at which they *came in*, so that an impression that
comes late is learned late instead of never, and a slice is complete once that time is over. All
rules here depend on logged times alone: whoever learns a slice, whenever, finds the same in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# Clocks of senders that run ahead, at most.
CLOCK_SKEW = timedelta(minutes=5)
# Events older than this are refused.
OLDEST = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Slicing:
    """How time is cut; the same for all learners of an installation."""

    # Seconds of one slice.
    seconds: float = 600.0
    # Seconds after the end of the last reward window in which its events may still come in.
    wait: float = 300.0

    def start_of(self, at: datetime) -> datetime:
        """Beginning of the slice that a time lies in; slices count from 1970."""
        seconds = at.timestamp() // self.seconds * self.seconds
        return datetime.fromtimestamp(seconds, UTC)

    def end_of(self, start: datetime) -> datetime:
        """End of the slice that begins then."""
        return start + timedelta(seconds=self.seconds)

    def closes(self, start: datetime, reward_window: float) -> datetime:
        """When the last reward window of a slice has closed and its events have come in."""
        return self.end_of(start) + timedelta(seconds=reward_window + self.wait)

    def learnable(self, start: datetime, reward_window: float) -> datetime:
        """When a slice may be learned: what came in before it closed is written by then."""
        settled = timedelta(seconds=min(self.wait / 5.0, 60.0))
        return self.closes(start, reward_window) + settled


def is_in_window(click: datetime, shown: datetime, reward_window: float) -> bool:
    """Whether a click happened while its reward window was open, give or take the clocks."""
    return shown - CLOCK_SKEW <= click <= shown + timedelta(seconds=reward_window)


def epoch_of(at: datetime, seconds: float) -> int:
    """The epoch of event time, for forgetting."""
    return int(at.timestamp() // seconds)
