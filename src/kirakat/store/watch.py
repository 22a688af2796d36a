"""What a process with a cache looks at twice a second: what has changed since it looked last."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from kirakat.store.tables import api_keys, catalogs, merchants


class Mark(NamedTuple):
    """How far a merchant's history is."""

    # Number of the last transition.
    sequence: int
    # Raised whenever a ready creative is taken back or the prompts change.
    epoch: int


def read_marks(connection: Connection, merchant_ids: Collection[str]) -> dict[str, Mark]:
    """The marks of those merchants that exist."""
    statement = select(merchants.c.merchant_id, merchants.c.sequence, merchants.c.epoch).where(
        merchants.c.merchant_id.in_(sorted(merchant_ids))
    )
    return {name: Mark(*mark) for name, *mark in connection.execute(statement)}


def read_catalog_revisions(
    connection: Connection, merchant_ids: Collection[str]
) -> dict[tuple[str, str], int]:
    """Revisions of all catalogues of the merchants, by merchant and catalogue's name."""
    statement = select(catalogs.c.merchant_id, catalogs.c.name, catalogs.c.revision).where(
        catalogs.c.merchant_id.in_(sorted(merchant_ids))
    )
    return {(merchant, name): number for merchant, name, number in connection.execute(statement)}


def read_live_keys(
    connection: Connection, key_ids: Collection[str], *, now: datetime
) -> frozenset[str]:
    """Those of the API keys that are neither revoked nor expired."""
    statement = select(api_keys.c.key_id).where(
        api_keys.c.key_id.in_(sorted(key_ids)),
        api_keys.c.revoked_at.is_(None),
        api_keys.c.expires_at.is_(None) | (api_keys.c.expires_at > now),
    )
    return frozenset(connection.execute(statement).scalars())
