"""Python's own pauses."""

from __future__ import annotations

import gc
import sys
from datetime import UTC, datetime

from kirakat.clock import FrozenClock
from kirakat.service.short_turns import QuietCollector, short_turns


def test_what_was_set_is_set_again() -> None:
    """Otherwise whoever embeds the service has another Python afterwards."""
    before = (sys.getswitchinterval(), gc.get_threshold())
    with short_turns():
        assert (sys.getswitchinterval(), gc.get_threshold()) != before
    assert (sys.getswitchinterval(), gc.get_threshold()) == before


def test_full_collections_come_in_quiet_times_or_late() -> None:
    """Otherwise answers wait for them, or memory is never given back."""
    clock = FrozenClock(at=datetime(2026, 11, 21, tzinfo=UTC))
    requests = [0]
    collector = QuietCollector(clock, lambda: requests[0])
    assert not collector.look()
    clock.advance(400.0)
    requests[0] += 1
    assert not collector.look()
    assert collector.look()
    clock.advance(4000.0)
    requests[0] += 1
    assert collector.look()
