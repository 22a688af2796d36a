"""Shoppers by pseudonym: keyed, so that nobody without the key can find out who it is."""

from __future__ import annotations

import hashlib
import hmac

# Hexadecimal digits of a pseudonym: 128 bits.
_LENGTH = 32


def pseudonym(secret: str, merchant_id: str, user: str) -> str:
    """HMAC-SHA256 of merchant and user, 32 hexadecimal digits; empty for no user."""
    if not user:
        return ""
    text = f"{merchant_id}\0{user}".encode()
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()[:_LENGTH]
