"""The states of a creative and of a render, and the moves between a creative's states."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal

from kirakat.errors import StoreError

CreativeState = Literal[
    "requested", "rendering", "in_review", "ready", "rejected", "dead", "cancelled", "retired"
]
RenderState = Literal["queued", "running", "done", "dead", "cancelled"]
CallbackState = Literal["pending", "delivered", "failed", "dead", "disabled"]
Lane = Literal["online", "catalog"]
Event = Literal["creative.ready", "creative.rejected", "creative.retired"]

# When what was just asked for is due: whoever asks may have a clock that is ahead of others.
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
# A key in one of these still waits for its render.
WAITING: tuple[CreativeState, ...] = ("requested", "rendering")

_SAME, _NEXT = 0, 1
# What each move adds to the revision. A key that is made again begins a new revision, so that
# every revision becomes ready once at most.
_MOVES: Mapping[tuple[CreativeState, CreativeState], int] = MappingProxyType(
    {
        ("requested", "rendering"): _SAME,
        ("requested", "dead"): _SAME,
        ("requested", "cancelled"): _SAME,
        ("rendering", "requested"): _SAME,
        ("rendering", "ready"): _SAME,
        ("rendering", "in_review"): _SAME,
        ("rendering", "rejected"): _SAME,
        ("rendering", "dead"): _SAME,
        ("rendering", "cancelled"): _SAME,
        ("in_review", "ready"): _SAME,
        ("in_review", "rejected"): _SAME,
        ("in_review", "retired"): _SAME,
        ("in_review", "requested"): _NEXT,
        ("ready", "rejected"): _SAME,
        ("ready", "retired"): _SAME,
        ("rejected", "retired"): _SAME,
        ("rejected", "ready"): _NEXT,
        ("rejected", "requested"): _NEXT,
        ("rejected", "in_review"): _NEXT,
        ("dead", "retired"): _SAME,
        ("dead", "requested"): _NEXT,
        ("cancelled", "requested"): _NEXT,
        ("cancelled", "in_review"): _NEXT,
        ("retired", "requested"): _NEXT,
    }
)
EVENT_OF: Mapping[CreativeState, Event] = MappingProxyType(
    {
        "ready": "creative.ready",
        "rejected": "creative.rejected",
        "dead": "creative.rejected",
        "retired": "creative.retired",
    }
)


def revision_step(origin: CreativeState, target: CreativeState) -> int:
    """What the move adds to the revision; raises `StoreError` for a move that is not allowed."""
    step = _MOVES.get((origin, target))
    if step is None:
        raise StoreError(f"a creative cannot go from {origin} to {target}")
    return step


def targets_of(origin: CreativeState) -> tuple[CreativeState, ...]:
    """The states that a creative in `origin` can move to."""
    return tuple(target for start, target in _MOVES if start == origin)
