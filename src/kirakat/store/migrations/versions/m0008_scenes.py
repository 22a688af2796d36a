"""Scenes of a merchant's own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kirakat.store.columns import Json, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build."""
    op.create_table(
        "own_scenes",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("scene_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("record", Json, nullable=False),
        sa.Column("actor", sa.String(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name="fk_own_scenes_merchant_id_merchants"
        ),
        sa.PrimaryKeyConstraint("merchant_id", "scene_id", name="pk_own_scenes"),
    )
    op.create_index("ix_own_scenes_sha256", "own_scenes", ["sha256"])


def downgrade() -> None:
    """Drop."""
    op.drop_table("own_scenes")
