"""People, their sessions, and what they decide."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from kirakat.store.columns import Json, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("audit", "edited_mattes")


def upgrade() -> None:
    """Build."""
    _create_people()
    _create_rules()
    _create_pictures()
    if op.get_bind().dialect.name == "sqlite":
        _refuse_on_sqlite()
    else:
        _refuse_on_postgresql()


def downgrade() -> None:
    """Drop."""
    for table in (
        "evidence", "edited_mattes", "controls", "publish_policies", "audit", "sessions",
        "accounts",
    ):  # fmt: skip
        op.drop_table(table)


def _create_people() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.String(), nullable=False),
        _merchant(),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), server_default="", nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        _of_merchant("accounts"),
        sa.PrimaryKeyConstraint("account_id", name="pk_accounts"),
        sa.UniqueConstraint("merchant_id", "name", name="uq_accounts_merchant_id_name"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(), nullable=False),
        _merchant(),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        _of_merchant("sessions"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name="fk_sessions_account_id_accounts"
        ),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    for column in ("merchant_id", "account_id", "expires_at"):
        op.create_index(f"ix_sessions_{column}", "sessions", [column])
    op.create_table(
        "audit",
        sa.Column("entry_id", sa.String(), nullable=False),
        _merchant(),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), server_default="", nullable=False),
        sa.Column("record", Json, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        _of_merchant("audit"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_audit"),
    )
    op.create_index("ix_audit_merchant_id_at", "audit", ["merchant_id", "at"])


def _create_rules() -> None:
    op.create_table(
        "publish_policies",
        _merchant(),
        sa.Column("catalog", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("share", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        _of_merchant("publish_policies"),
        sa.PrimaryKeyConstraint("merchant_id", "catalog", name="pk_publish_policies"),
    )
    op.create_table(
        "controls",
        _merchant(),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        _of_merchant("controls"),
        sa.PrimaryKeyConstraint("merchant_id", "scope", "name", "kind", name="pk_controls"),
    )


def _create_pictures() -> None:
    op.create_table(
        "edited_mattes",
        sa.Column("image_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        _merchant(),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("model", sa.String(), server_default="", nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["source_images.image_id"],
            name="fk_edited_mattes_image_id_source_images",
        ),
        _of_merchant("edited_mattes"),
        sa.PrimaryKeyConstraint("image_id", "number", name="pk_edited_mattes"),
    )
    op.create_table(
        "evidence",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        _merchant(),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["creatives.key"], name="fk_evidence_key_creatives"),
        _of_merchant("evidence"),
        sa.PrimaryKeyConstraint("key", "revision", "name", name="pk_evidence"),
    )
    for table in ("edited_mattes", "evidence"):
        for column in ("merchant_id", "sha256"):
            op.create_index(f"ix_{table}_{column}", table, [column])


def _merchant() -> sa.Column[Any]:
    return sa.Column("merchant_id", sa.String(), nullable=False)


def _of_merchant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["merchant_id"], ["merchants.merchant_id"], name=f"fk_{table}_merchant_id_merchants"
    )


def _refuse_on_sqlite() -> None:
    for table in _APPEND_ONLY:
        for verb in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _refuse_on_postgresql() -> None:
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only "
            f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION kirakat_append_only()"
        )
