"""Experiments and how they went."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kirakat.store.columns import Json, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build."""
    op.create_table(
        "experiment_log",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("experiment", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("record", Json, nullable=False),
        sa.Column("actor", sa.String(), server_default="", nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchants.merchant_id"],
            name="fk_experiment_log_merchant_id_merchants",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "sequence", name="pk_experiment_log"),
    )
    op.create_index(
        "ix_experiment_log_merchant_id_experiment", "experiment_log", ["merchant_id", "experiment"]
    )
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER experiment_log_no_{verb} BEFORE {verb} ON experiment_log "
                "BEGIN SELECT RAISE(ABORT, 'experiment_log is append-only'); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER experiment_log_append_only "
            "BEFORE UPDATE OR DELETE OR TRUNCATE ON experiment_log "
            "FOR EACH STATEMENT EXECUTE FUNCTION kirakat_append_only()"
        )


def downgrade() -> None:
    """Drop."""
    op.drop_table("experiment_log")
