"""Coverage of a catalogue counted from an index alone."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_COLUMNS = ["merchant_id", "image_id", "placement_name", "treatment", "state"]
_BEFORE, _AFTER = "ix_creatives_merchant_id_image_id", "ix_creatives_coverage"


def upgrade() -> None:
    """Build."""
    op.create_index(_AFTER, "creatives", _COLUMNS)
    op.drop_index(_BEFORE, "creatives")


def downgrade() -> None:
    """Drop."""
    op.create_index(_BEFORE, "creatives", _COLUMNS[:2])
    op.drop_index(_AFTER, "creatives")
