"""When a callback is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.engine.worker.webhooks.schedule import (
    DELAYS,
    JITTER,
    MAX_ATTEMPTS,
    RETRY_AFTER_CAP,
    next_attempt,
    read_retry_after,
    retry_delay,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ATTEMPTS = st.integers(0, MAX_ATTEMPTS - 1)


def test_the_schedule_is_the_published_one() -> None:
    """If it were another, merchants would wait for retries that never come."""
    minutes = [round(delay / 60, 2) for delay in DELAYS]
    assert minutes == [0, 0.08, 5, 30, 120, 300, 600, 840, 1200, 1440]


@given(st.text(), ATTEMPTS)
def test_jitter_only_adds_and_within_its_share(webhook_id: str, attempts: int) -> None:
    """If it took away, a struggling server would be asked earlier than published."""
    delay = retry_delay(webhook_id, attempts=attempts)
    assert delay is not None
    assert DELAYS[attempts] <= delay <= DELAYS[attempts] * (1 + JITTER)


@given(st.text(), ATTEMPTS, st.floats(0, 1e9))
def test_retry_after_puts_off_and_is_capped(
    webhook_id: str, attempts: int, retry_after: float
) -> None:
    """If it brought forward or had no cap, a server could be flooded, or never asked again."""
    plain = retry_delay(webhook_id, attempts=attempts)
    asked = retry_delay(webhook_id, attempts=attempts, retry_after=retry_after)
    assert plain is not None
    assert asked == max(plain, min(retry_after, RETRY_AFTER_CAP))


@given(st.text(), ATTEMPTS)
def test_two_processes_agree(webhook_id: str, attempts: int) -> None:
    """If they did not, a restart would move every retry that is planned."""
    assert next_attempt(webhook_id, attempts=attempts, failed_at=NOW) == next_attempt(
        webhook_id, attempts=attempts, failed_at=NOW
    )


@given(st.text(), st.integers(MAX_ATTEMPTS, 1000), st.floats(0, 1e9))
def test_it_ends(webhook_id: str, attempts: int, retry_after: float) -> None:
    """If it did not, an endpoint that is gone would be called for ever."""
    assert (
        next_attempt(webhook_id, attempts=attempts, failed_at=NOW, retry_after=retry_after) is None
    )


def test_messages_that_failed_together_are_not_retried_together() -> None:
    """If they were, a server that comes back would be knocked over again."""
    delays = {retry_delay(f"m{n}", attempts=5) for n in range(100)}
    assert len(delays) == 100


def test_the_first_attempt_is_at_once() -> None:
    """If it waited, every creative would be announced late."""
    assert next_attempt("m", attempts=0, failed_at=NOW) == NOW


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("9" * 400, RETRY_AFTER_CAP),
        ("Sat, 21 Nov 2026 09:02:00 GMT", 120.0),
        ("Sat, 21 Nov 2026 08:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("1e9", None),
        ("Sat, 99 Nov 2026 09:02:00 GMT", None),
    ],
)
def test_retry_after_is_read(value: str, seconds: float | None) -> None:
    """If a form were misread, a server's request to wait would be ignored or crash the worker."""
    assert read_retry_after(value, NOW) == seconds


@given(st.text())
def test_no_retry_after_header_breaks_the_worker(value: str) -> None:
    """If one did, a hostile endpoint could stop all deliveries."""
    seconds = read_retry_after(value, NOW)
    assert seconds is None or seconds >= 0


def test_a_negative_count_is_an_error() -> None:
    """If it were taken, the list would be read from its end: a day's wait for a first attempt."""
    with pytest.raises(ValueError, match="-1"):
        retry_delay("m", attempts=-1)


def test_the_whole_schedule_spans_three_days() -> None:
    """If it were shorter, an outage over a weekend would lose callbacks."""
    at = NOW
    for attempts in range(MAX_ATTEMPTS):
        following = next_attempt("m", attempts=attempts, failed_at=at)
        assert following is not None
        at = following
    assert timedelta(hours=75.5) <= at - NOW <= timedelta(hours=91)
