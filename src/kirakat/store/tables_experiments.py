"""The table of experiments: a log of what was done to each, from which its state follows."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from kirakat.store.columns import Json, UtcDateTime
from kirakat.store.tables import metadata

# Append-only; triggers refuse anything else.
experiment_log = Table(
    "experiment_log",
    metadata,
    Column("merchant_id", ForeignKey("merchants.merchant_id"), primary_key=True),
    # From 1 for each merchant, without gaps: services follow it.
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    # The experiment's name.
    Column("experiment", String, nullable=False),
    # "created", "started", "reweighted", "stopped", "override" or "override_removed".
    Column("kind", String, nullable=False),
    Column("record", Json, nullable=False),
    Column("actor", String, nullable=False, server_default=""),
    Column("note", String, nullable=False, server_default=""),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "merchant_id", "experiment"),
)
