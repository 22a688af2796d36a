"""What was measured on source images."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build."""
    op.add_column("source_images", sa.Column("photo_quality", sa.Float(), nullable=True))
    op.add_column(
        "source_images",
        sa.Column("photo_composition", sa.String(), server_default="", nullable=False),
    )


def downgrade() -> None:
    """Drop."""
    op.drop_column("source_images", "photo_composition")
    op.drop_column("source_images", "photo_quality")
