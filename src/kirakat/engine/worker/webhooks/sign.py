"""Signatures after Standard Webhooks 1.0, with secrets that rotate."""

from __future__ import annotations

import base64
import binascii
import secrets as random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from kirakat.engine.worker.webhooks.payload import Message
from kirakat.errors import KirakatError

# Bytes of a fresh secret; the standard asks for 24 to 64.
_SECRET_BYTES = 32
_PREFIX = "whsec_"
# How long the old secret goes on signing beside the new one.
OVERLAP = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A signing secret, and until when it is used."""

    # "whsec_" and base64.
    value: str
    # None until a newer one replaces it.
    until: datetime | None = None

    def __repr__(self) -> str:
        """Without the value, so that no log can hold it."""
        return f"Secret(until={self.until!r})"


def new_secret() -> Secret:
    """A random secret."""
    return Secret(value=_PREFIX + base64.b64encode(random.token_bytes(_SECRET_BYTES)).decode())


def rotate(held: Sequence[Secret], now: datetime, *, overlap: timedelta = OVERLAP) -> list[Secret]:
    """A new secret first, then those that go on signing until `overlap` has passed."""
    end = now + overlap
    old = [replace(secret, until=min(secret.until or end, end)) for secret in live(held, now)]
    return [new_secret(), *old]


def live(held: Sequence[Secret], now: datetime) -> list[Secret]:
    """The secrets that sign at `now`, in their order."""
    return [secret for secret in held if secret.until is None or secret.until > now]


def sign(message: Message, secrets: Sequence[Secret], at: datetime) -> dict[str, str]:
    """The headers of one attempt at `at`: one signature for each secret live then.

    Each signs `id.timestamp.body` with HMAC-SHA256; a receiver that knows any of the secrets
    verifies. Raises `KirakatError` when no secret is live or one is malformed.
    """
    from standardwebhooks import Webhook

    # The package reads a time's clock face and takes it for UTC.
    moment = at.astimezone(UTC)
    text = message.body.decode()
    signatures = [
        Webhook(_checked(secret)).sign(message.webhook_id, moment, text)
        for secret in live(secrets, at)
    ]
    if not signatures:
        raise KirakatError("no live secret to sign with", webhook_id=message.webhook_id)
    return {
        "webhook-id": message.webhook_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _checked(secret: Secret) -> bytes:
    try:
        key = base64.b64decode(secret.value.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise KirakatError("a webhook secret is whsec_ and base64") from error
    if not key:
        raise KirakatError("a webhook secret is empty")
    return key
