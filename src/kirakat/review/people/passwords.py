"""Passwords: Argon2id, as RFC 9106 recommends it, and a few rules."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from kirakat.errors import MissingExtraError, SettingsError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 200


def hash_password(password: str) -> str:
    """The hash to keep; raises `SettingsError` for a password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise SettingsError(f"a password has {SHORTEST} to {LONGEST} characters")
    return _hasher().hash(password)


def is_password(password: str, password_hash: str) -> bool:
    """Whether it is the password; takes as long for an empty hash, which no password fits."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        _hasher().verify(password_hash or _nobodys(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return bool(password_hash)


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    try:
        from argon2 import PasswordHasher
        from argon2.profiles import RFC_9106_LOW_MEMORY
    except ModuleNotFoundError as error:
        raise MissingExtraError("argon2-cffi", "serve") from error
    return PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return _hasher().hash("nobody has this password")
