"""Which trace a key belongs to: that of the request that asked for its render first."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from kirakat.store.bulk import in_chunks
from kirakat.store.tables import creatives, renders


def traces_of(connection: Connection, merchant_id: str, keys: Sequence[str]) -> dict[str, str]:
    """The `traceparent` by key, of those that have one."""
    found: dict[str, str] = {}
    for part in in_chunks(sorted(set(keys))):
        statement = (
            select(creatives.c.key, renders.c.inputs)
            .join(renders, renders.c.render_id == creatives.c.render_id)
            .where(creatives.c.merchant_id == merchant_id, creatives.c.key.in_(part))
        )
        for key, inputs in connection.execute(statement):
            if inputs.get("trace"):
                found[key] = inputs["trace"]
    return found
