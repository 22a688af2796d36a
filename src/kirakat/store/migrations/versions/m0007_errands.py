"""What people ask workers to show them: other mattes, previews of prompts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kirakat.store.columns import Json, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build."""
    op.create_table(
        "errands",
        sa.Column("errand_id", sa.String(), nullable=False),
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("wanted", Json, nullable=False),
        sa.Column("state", sa.String(), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("sha256", sa.String(), server_default="", nullable=False),
        sa.Column("made", Json, nullable=False),
        sa.Column("error", sa.String(), server_default="", nullable=False),
        sa.Column("actor", sa.String(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name="fk_errands_merchant_id_merchants"
        ),
        sa.PrimaryKeyConstraint("errand_id", name="pk_errands"),
    )
    op.create_index("ix_errands_merchant_id_created_at", "errands", ["merchant_id", "created_at"])
    op.create_index("ix_errands_state_created_at", "errands", ["state", "created_at"])
    op.create_index("ix_errands_sha256", "errands", ["sha256"])


def downgrade() -> None:
    """Drop."""
    op.drop_table("errands")
