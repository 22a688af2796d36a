"""API keys: 256 random bits each, of which only a hash is kept.

SHA-256 is enough for a secret that nobody can guess; a slow hash would only slow requests down.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select, update

from kirakat.errors import NotFoundError
from kirakat.hashing import sha256_bytes
from kirakat.store.bulk import AnyRow, as_record, insert_all
from kirakat.store.records import ApiKey
from kirakat.store.tables import api_keys

_PREFIX = "kk"


def create_api_key(
    connection: Connection,
    merchant_id: str,
    *,
    scopes: Iterable[str],
    now: datetime,
    name: str = "",
    expires_at: datetime | None = None,
) -> str:
    """A new key's token, "kk_<key id>_<secret>"; it is shown this once."""
    key_id, secret = secrets.token_hex(8), secrets.token_hex(32)
    row = {
        "key_id": key_id,
        "merchant_id": merchant_id,
        "name": name,
        "secret_hash": sha256_bytes(secret.encode()),
        "scopes": sorted(set(scopes)),
        "created_at": now,
        "expires_at": expires_at,
    }
    insert_all(connection, api_keys, [row])
    return f"{_PREFIX}_{key_id}_{secret}"


def find_api_key(connection: Connection, token: str, *, now: datetime) -> ApiKey | None:
    """The key of a token, or None when it is unknown, wrong, expired or revoked."""
    prefix, _, rest = token.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != _PREFIX or not secret:
        return None
    row = connection.execute(select(api_keys).where(api_keys.c.key_id == key_id)).one_or_none()
    if row is None or not _matches(row, secret):
        return None
    ended = row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now)
    return None if ended else _record(row)


def revoke_api_key(connection: Connection, merchant_id: str, key_id: str, *, now: datetime) -> None:
    """End a key at once; raises `NotFoundError`."""
    done = connection.execute(
        update(api_keys)
        .where(api_keys.c.key_id == key_id, api_keys.c.merchant_id == merchant_id)
        .values(revoked_at=now)
    )
    if not done.rowcount:
        raise NotFoundError(f"no API key {key_id}", key_id=key_id)


def list_api_keys(connection: Connection, merchant_id: str) -> list[ApiKey]:
    """A merchant's keys, the newest first."""
    statement = (
        select(api_keys)
        .where(api_keys.c.merchant_id == merchant_id)
        .order_by(api_keys.c.created_at.desc(), api_keys.c.key_id)
    )
    return [_record(row) for row in connection.execute(statement)]


def _matches(row: AnyRow, secret: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(row.secret_hash, sha256_bytes(secret.encode()))


def _record(row: AnyRow) -> ApiKey:
    return as_record(ApiKey, row, scopes=frozenset(row.scopes))
