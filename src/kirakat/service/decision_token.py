"""Decisions as opaque tokens: the caller carries them until the impression is reported.

A token is "<decision id>.<text>"; the text is the decision with its context as compressed JSON,
sealed with AES-256-GCM. The key of each token is derived from the secret and the decision's id,
so no two tokens share one, and the nonce can be constant. Without the secret nobody reads features
or probabilities, and no token can be made or changed.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from datetime import datetime
from typing import TYPE_CHECKING

import orjson

from kirakat.errors import KirakatError, MissingExtraError, SettingsError
from kirakat.service.decision_log import Logged
from kirakat.store.decision_contexts import WrittenContext
from kirakat.store.quick_decisions import WrittenDecision

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MIN_SECRET = 16
_NONCE = bytes(12)
_PERSON = b"kirakat-decision"
# Bytes of an unpacked token; decisions have two thousand or so.
_MAX_BYTES = 100_000


class TokenError(KirakatError):
    """The token is not one of ours, or was changed."""


class TokenWriter:
    """Seals decisions. Raises `SettingsError` for a secret that is missing or short."""

    def __init__(self, secret: str) -> None:
        check_secret(secret)
        _cipher(secret, "")
        self._secret = secret

    def write(self, logged: Logged) -> str:
        """The token of a decision."""
        decision, context = logged
        fields = [
            decision.merchant_id, decision.record, decision.at.isoformat(),
            context.unit, context.features, context.context,
        ]  # fmt: skip
        packed = zlib.compress(orjson.dumps(fields), 1)
        name = decision.decision_id
        sealed = _cipher(self._secret, name).encrypt(_NONCE, packed, name.encode())
        return f"{name}.{base64.urlsafe_b64encode(sealed).rstrip(b'=').decode()}"


def read_token(secret: str, token: str) -> tuple[WrittenDecision, WrittenContext]:
    """The decision that a token carries, and its context (empty where nothing is personal).

    Raises `TokenError` for a token that was not made with this secret. That the decision is the
    caller's own (`merchant_id`), and how old it is, is for the caller to judge.
    """
    check_secret(secret)
    name, _, text = token.partition(".")
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        packed = _opened(_cipher(secret, name), sealed, name)
    except ValueError as error:
        raise TokenError("the token is not good") from error
    merchant_id, record, at, unit, features, context = orjson.loads(_unpacked(packed))
    moment = datetime.fromisoformat(at)
    decision = WrittenDecision(name, merchant_id, record, moment)
    return decision, WrittenContext(name, merchant_id, unit, features, context, moment)


def check_secret(secret: str) -> None:
    """Raise `SettingsError` for a secret that seals nothing."""
    if len(secret) < MIN_SECRET:
        raise SettingsError(
            f"decision tokens need the setting token_secret, of {MIN_SECRET} characters or more"
        )


def _opened(cipher: AESGCM, sealed: bytes, decision_id: str) -> bytes:
    from cryptography.exceptions import InvalidTag

    try:
        return cipher.decrypt(_NONCE, sealed, decision_id.encode())
    except InvalidTag as error:
        raise TokenError("the token is not good") from error


def _unpacked(packed: bytes) -> bytes:
    data = zlib.decompressobj().decompress(packed, _MAX_BYTES)
    if len(data) >= _MAX_BYTES:
        raise TokenError("the token holds too much")
    return data


def _cipher(secret: str, decision_id: str) -> AESGCM:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ModuleNotFoundError as error:
        raise MissingExtraError("cryptography", "serve") from error
    master = hashlib.sha256(secret.encode()).digest()
    key = hashlib.blake2b(decision_id.encode(), key=master, person=_PERSON, digest_size=32).digest()
    return AESGCM(key)
