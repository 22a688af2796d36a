"""Merchants and what they sell: keys, catalogues, offers, images, prompts, recipes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kirakat.store.columns import Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build."""
    op.create_table(
        "merchants",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column("daily_renders", sa.Integer(), nullable=True),
        sa.Column("sequence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", name="pk_merchants"),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name="fk_api_keys_merchant_id_merchants"
        ),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_keys"),
    )
    op.create_index("ix_api_keys_merchant_id", "api_keys", ["merchant_id"], unique=False)
    op.create_table(
        "catalogs",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("source_url", sa.String(), server_default="", nullable=False),
        sa.Column("etag", sa.String(), server_default="", nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name="fk_catalogs_merchant_id_merchants"
        ),
        sa.PrimaryKeyConstraint("merchant_id", "name", name="pk_catalogs"),
    )
    op.create_table(
        "offers",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("catalog", sa.String(), nullable=False),
        sa.Column("offer_id", sa.String(), nullable=False),
        sa.Column("record", Json, nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("image_id", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name="fk_offers_merchant_id_merchants"
        ),
        sa.PrimaryKeyConstraint("merchant_id", "catalog", "offer_id", name="pk_offers"),
    )
    op.create_index(
        "ix_offers_merchant_id_image_id", "offers", ["merchant_id", "image_id"], unique=False
    )
    op.create_table(
        "source_images",
        sa.Column("image_id", sa.String(), nullable=False),
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("current", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("etag", sa.String(), server_default="", nullable=False),
        sa.Column("last_modified", sa.String(), server_default="", nullable=False),
        sa.Column("checked_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchants.merchant_id"],
            name="fk_source_images_merchant_id_merchants",
        ),
        sa.PrimaryKeyConstraint("image_id", name="pk_source_images"),
        sa.UniqueConstraint(
            "merchant_id", "uri", "revision", name="uq_source_images_merchant_id_uri_revision"
        ),
    )
    op.create_index(
        "ix_source_images_current",
        "source_images",
        ["merchant_id", "uri"],
        unique=True,
        sqlite_where=sa.text("current"),
        postgresql_where=sa.text("current"),
    )
    op.create_table(
        "prompts",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("prompt_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record", Json, nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("paused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name="fk_prompts_merchant_id_merchants"
        ),
        sa.PrimaryKeyConstraint("merchant_id", "prompt_id", "version", name="pk_prompts"),
    )
    op.create_table(
        "recipes",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("record", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchants.merchant_id"], name="fk_recipes_merchant_id_merchants"
        ),
        sa.PrimaryKeyConstraint("merchant_id", "digest", name="pk_recipes"),
    )


def downgrade() -> None:
    """Drop."""
    for table in (
        "recipes",
        "prompts",
        "source_images",
        "offers",
        "catalogs",
        "api_keys",
        "merchants",
    ):
        op.drop_table(table)
