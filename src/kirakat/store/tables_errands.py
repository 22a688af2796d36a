"""The table of errands; docs/reference/store.md says what it is for."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, text

from kirakat.store.columns import Json, UtcDateTime
from kirakat.store.tables import metadata

errands = Table(
    "errands",
    metadata,
    Column("errand_id", String, primary_key=True),
    Column("merchant_id", ForeignKey("merchants.merchant_id"), nullable=False),
    # "source", "segment" or "preview".
    Column("kind", String, nullable=False),
    # What is asked; see `kirakat.store.errands`.
    Column("wanted", Json, nullable=False),
    # "queued", "running", "done" or "failed".
    Column("state", String, nullable=False, server_default="queued"),
    # Workers that began it; a dead one's errand is begun anew after its lease.
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("lease_until", UtcDateTime),
    # Of the blob that was made; empty until then.
    Column("sha256", String, nullable=False, server_default=""),
    # What there is to say of it.
    Column("made", Json, nullable=False),
    Column("error", String, nullable=False, server_default=""),
    Column("actor", String, nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index(None, "merchant_id", "created_at"),
    Index(None, "state", "created_at"),
    Index(None, "sha256"),
)
