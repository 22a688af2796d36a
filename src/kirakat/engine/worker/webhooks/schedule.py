"""When a callback is tried again: the published schedule, jitter, and Retry-After."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from kirakat.hashing import digest

_MINUTE, _HOUR = 60.0, 3600.0
# Seconds before each attempt, counted from the failure before it.
DELAYS = (
    0.0,
    5.0,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
MAX_ATTEMPTS = len(DELAYS)
# Largest share by which a delay grows, so that what failed together is not retried together.
JITTER = 0.2
# Longest wait in seconds that a Retry-After is granted.
RETRY_AFTER_CAP = 24 * _HOUR


def next_attempt(
    webhook_id: str, *, attempts: int, failed_at: datetime, retry_after: float | None = None
) -> datetime | None:
    """When to try again after `attempts` failures, the last at `failed_at`; None: never.

    A server's `retry_after` (seconds) puts the attempt off, never forward, and by no more than
    `RETRY_AFTER_CAP`. With `attempts` 0 it is the time of the first attempt.
    """
    delay = retry_delay(webhook_id, attempts=attempts, retry_after=retry_after)
    return None if delay is None else failed_at + timedelta(seconds=delay)


def retry_delay(
    webhook_id: str, *, attempts: int, retry_after: float | None = None
) -> float | None:
    """Seconds between the latest failure and the next attempt; None when all were made.

    Jitter comes from the id and the attempt, so the schedule of one message is the same
    whoever computes it.
    """
    if attempts < 0:
        raise ValueError(f"attempts is {attempts}")
    if attempts >= MAX_ATTEMPTS:
        return None
    # 13 hexadecimal digits are 52 bits: exact in a float, in [0, 1).
    share = int(digest("jitter", webhook_id, attempts)[:13], 16) / 16**13
    delay = DELAYS[attempts] * (1 + JITTER * share)
    return max(delay, min(retry_after or 0.0, RETRY_AFTER_CAP))


def read_retry_after(value: str, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, section 10.2.3).

    None when it is neither a number of seconds nor a date.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        # Longer numbers are past every cap, and may be too long to be read.
        return float(text[:12]) if len(text) <= 12 else RETRY_AFTER_CAP
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
