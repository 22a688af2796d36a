"""Events to test with."""

from __future__ import annotations

from datetime import UTC, datetime

from kirakat.client import CreativeEvent, EventType


def make_event(
    kind: EventType, key: str, *, sequence: int, change: int, revision: int = 1
) -> CreativeEvent:
    """An event; a ready one's address ends in its change."""
    ready = kind == "creative.ready"
    return CreativeEvent(
        event_id=f"{key}-{revision}-{kind}-{change}",
        type=kind,
        at=datetime(2026, 11, 21, tzinfo=UTC),
        key=key,
        revision=revision,
        sequence=sequence,
        change=change,
        merchant_id="shop",
        offer_id="o",
        placement="300x250",
        treatment="generated",
        image_url=f"https://images.example/{key}/{change}" if ready else None,
        reason=None if ready else "gone",
    )
