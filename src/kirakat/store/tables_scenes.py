"""The table of merchants' own scenes; docs/reference/store.md says what it is for."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table

from kirakat.store.columns import Json, UtcDateTime
from kirakat.store.tables import metadata

own_scenes = Table(
    "own_scenes",
    metadata,
    Column("merchant_id", ForeignKey("merchants.merchant_id"), primary_key=True),
    # Name and a hash of picture and geometry: what is changed is another scene.
    Column("scene_id", String, primary_key=True),
    Column("name", String, nullable=False),
    # Of the picture's blob.
    Column("sha256", String, nullable=False),
    # The scene's description, as in a folder of scenes.
    Column("record", Json, nullable=False),
    Column("actor", String, nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    # Null while it is used.
    Column("retired_at", UtcDateTime),
    Index(None, "sha256"),
)
