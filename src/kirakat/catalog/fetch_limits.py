"""What fetching an image may cost and reach."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FetchLimits:
    """The bounds of one fetch; the defaults suit feeds that others wrote."""

    # Largest file in bytes, enforced while it arrives.
    max_bytes: int = 20_000_000
    # Seconds to wait for a connection, and for each next piece of an answer.
    timeout: float = 10.0
    # Seconds that one attempt may take in all, however steadily it trickles.
    deadline: float = 60.0
    # Further attempts after a timeout, a broken connection, 429 or 5xx.
    retries: int = 2
    # Seconds before the first retry; doubles with each.
    backoff: float = 0.5
    # Each is checked like the first address.
    max_redirects: int = 3
    # Whether loopback, private and link-local addresses, and any port, may be reached.
    allow_private_addresses: bool = False
    # Whether local links may be absolute or leave the feed's folder.
    allow_any_path: bool = False
