"""Work and what came of it: renders, creatives, callbacks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kirakat.store.columns import Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build."""
    op.create_table(
        "executors",
        sa.Column("executor_id", sa.String(), nullable=False),
        sa.Column("host", sa.String(), server_default="", nullable=False),
        sa.Column("pid", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("version", sa.String(), server_default="", nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("heartbeat_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("executor_id", name="pk_executors"),
    )
    op.create_table(
        "spend",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("renders", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name="fk_spend_merchant_id_merchants"
        ),
        sa.PrimaryKeyConstraint("merchant_id", "day", name="pk_spend"),
    )
    op.create_table(
        "endpoints",
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("old_secret", sa.String(), server_default="", nullable=False),
        sa.Column("old_until", UtcDateTime(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("sequence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name="fk_endpoints_merchant_id_merchants"
        ),
        sa.PrimaryKeyConstraint("endpoint_id", name="pk_endpoints"),
    )
    op.create_index("ix_endpoints_merchant_id", "endpoints", ["merchant_id"], unique=False)
    op.create_table(
        "renders",
        sa.Column("render_id", sa.String(), nullable=False),
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("image_id", sa.String(), nullable=False),
        sa.Column("treatment", sa.String(), nullable=False),
        sa.Column("bucket", sa.String(), server_default="", nullable=False),
        sa.Column("recipe_digest", sa.String(), nullable=False),
        sa.Column("inputs", Json, nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("asked", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.String(), server_default="queued", nullable=False),
        sa.Column("round", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("draw", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("ticket", sa.String(), server_default="", nullable=False),
        sa.Column("executor_id", sa.String(), server_default="", nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("error", sa.String(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name="fk_renders_merchant_id_merchants"
        ),
        sa.PrimaryKeyConstraint("render_id", name="pk_renders"),
    )
    op.create_index(
        "ix_renders_merchant_id_state", "renders", ["merchant_id", "state"], unique=False
    )
    op.create_index(
        "ix_renders_running",
        "renders",
        ["executor_id"],
        unique=False,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_index("ix_renders_ticket", "renders", ["ticket"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("render_id", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("executor_id", sa.String(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(), server_default="", nullable=False),
        sa.Column("error", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["render_id"], ["renders.render_id"], name="fk_attempts_render_id_renders"
        ),
        sa.PrimaryKeyConstraint("render_id", "round", "number", name="pk_attempts"),
    )
    op.create_index("ix_attempts_merchant_id", "attempts", ["merchant_id"], unique=False)
    op.create_table(
        "creatives",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("render_id", sa.String(), nullable=False),
        sa.Column("offer_id", sa.String(), nullable=False),
        sa.Column("image_id", sa.String(), nullable=False),
        sa.Column("arm", sa.String(), nullable=False),
        sa.Column("placement_name", sa.String(), nullable=False),
        sa.Column("placement", Json, nullable=False),
        sa.Column("treatment", sa.String(), nullable=False),
        sa.Column("recipe_label", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="requested", nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("format", sa.String(), nullable=True),
        sa.Column("bytes", sa.Integer(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("certificate", Json, nullable=True),
        sa.Column("gate", Json, nullable=True),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("ready_at", UtcDateTime(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name="fk_creatives_merchant_id_merchants"
        ),
        sa.ForeignKeyConstraint(
            ["render_id"], ["renders.render_id"], name="fk_creatives_render_id_renders"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_creatives"),
    )
    op.create_index(
        "ix_creatives_merchant_id_image_id", "creatives", ["merchant_id", "image_id"], unique=False
    )
    op.create_index(
        "ix_creatives_merchant_id_offer_id", "creatives", ["merchant_id", "offer_id"], unique=False
    )
    op.create_index(
        "ix_creatives_merchant_id_state_updated_at",
        "creatives",
        ["merchant_id", "state", "updated_at"],
        unique=False,
    )
    op.create_index(
        "ix_creatives_render_id_state", "creatives", ["render_id", "state"], unique=False
    )
    op.create_index("ix_creatives_sha256", "creatives", ["sha256"], unique=False)

    op.create_table(
        "transitions",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("actor", sa.String(), server_default="", nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name="fk_transitions_merchant_id_merchants"
        ),
        sa.PrimaryKeyConstraint("merchant_id", "sequence", name="pk_transitions"),
    )
    op.create_index("ix_transitions_key_revision", "transitions", ["key", "revision"], unique=False)
    op.create_table(
        "callbacks",
        sa.Column("webhook_id", sa.String(), nullable=False),
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("state", sa.String(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("last_code", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoints.endpoint_id"], name="fk_callbacks_endpoint_id_endpoints"
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name="fk_callbacks_merchant_id_merchants"
        ),
        sa.PrimaryKeyConstraint("webhook_id", name="pk_callbacks"),
        sa.UniqueConstraint("endpoint_id", "sequence", name="uq_callbacks_endpoint_id_sequence"),
    )
    op.create_index(
        "ix_callbacks_due",
        "callbacks",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('pending', 'failed')"),
        postgresql_where=sa.text("state IN ('pending', 'failed')"),
    )
    op.create_index("ix_callbacks_merchant_id", "callbacks", ["merchant_id"], unique=False)

    op.create_index(
        "ix_renders_queue",
        "renders",
        [sa.text("lane DESC"), sa.text("asked DESC"), "created_at", "render_id"],
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )


def downgrade() -> None:
    """Drop."""
    for table in (
        "callbacks",
        "transitions",
        "creatives",
        "attempts",
        "renders",
        "endpoints",
        "spend",
        "executors",
    ):
        op.drop_table(table)
