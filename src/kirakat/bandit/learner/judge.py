"""What becomes of one decision: learned, with or without a click, or left out, and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kirakat.bandit.learner.bots import is_too_quick
from kirakat.bandit.learner.timing import is_in_window
from kirakat.store.decision_contexts import ContextRecord
from kirakat.store.opened_windows import SeenEvent

Outcome = Literal["learned", "bots", "without_context"]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A decision whose reward window has closed."""

    outcome: Outcome
    # Whether a click counts for it.
    is_clicked: bool
    # Clicks outside their window, or that came in after the slice was closed.
    late: int
    # Further impressions and clicks than the one that counts.
    duplicates: int


def judge(
    context: ContextRecord | None,
    seen: Sequence[SeenEvent],
    opened: SeenEvent | datetime,
    *,
    reward_window: float,
    closes: datetime,
    bots: Collection[str],
) -> Judged:
    """Judge a decision by what is logged of it alone.

    `opened` is the impression, or the time of the decision; `bots` are units that click too often.
    """
    at = opened if isinstance(opened, datetime) else opened.at
    clicks = [event for event in seen if event.kind == "click"]
    timely = [
        click
        for click in clicks
        if click.received_at < closes and is_in_window(click.at, at, reward_window)
    ]
    impressions = sum(event.kind == "impression" for event in seen)
    outcome = _outcome(context, timely, opened, bots)
    return Judged(
        outcome=outcome,
        is_clicked=bool(timely),
        late=len(clicks) - len(timely),
        duplicates=max(0, impressions - 1) + max(0, len(timely) - 1),
    )


def _outcome(
    context: ContextRecord | None,
    clicks: Sequence[SeenEvent],
    opened: SeenEvent | datetime,
    bots: Collection[str],
) -> Outcome:
    if any(click.is_bot or _is_quick(click, opened) for click in clicks):
        return "bots"
    if context is not None and context.unit in bots:
        return "bots"
    if context is None or context.features is None:
        return "without_context"
    return "learned"


def _is_quick(click: SeenEvent, opened: SeenEvent | datetime) -> bool:
    if isinstance(opened, datetime):
        return not click.is_stamped and is_too_quick(click.at, opened)
    is_timed = not (click.is_stamped or opened.is_stamped)
    return is_timed and is_too_quick(click.at, opened.at)
