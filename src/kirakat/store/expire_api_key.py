"""Let an API key run out while its successor takes over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from kirakat.errors import NotFoundError
from kirakat.store.bulk import as_record
from kirakat.store.records import ApiKey
from kirakat.store.tables import api_keys


def expire_api_key(
    connection: Connection, merchant_id: str, key_id: str, *, expires_at: datetime
) -> ApiKey:
    """End a live key at a time, if it does not end before; raises `NotFoundError`."""
    mine = (api_keys.c.key_id == key_id) & (api_keys.c.merchant_id == merchant_id)
    row = connection.execute(
        select(api_keys).where(mine, api_keys.c.revoked_at.is_(None))
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"no live API key {key_id}", key_id=key_id)
    ends = min(expires_at, row.expires_at) if row.expires_at else expires_at
    connection.execute(update(api_keys).where(mine).values(expires_at=ends))
    return as_record(ApiKey, row, scopes=frozenset(row.scopes), expires_at=ends)
