"""Who published a file, for the address under which it is shown."""

from __future__ import annotations

from sqlalchemy import Connection, select

from kirakat.store.tables import creatives


def publishers_of(connection: Connection, sha256: str) -> dict[str, str]:
    """The file's format by each merchant that ever published it; empty for all other blobs."""
    statement = (
        select(creatives.c.merchant_id, creatives.c.format)
        .where(creatives.c.sha256 == sha256, creatives.c.ready_at.is_not(None))
        .distinct()
        .order_by(creatives.c.merchant_id)
    )
    return {merchant: str(name) for merchant, name in connection.execute(statement)}
