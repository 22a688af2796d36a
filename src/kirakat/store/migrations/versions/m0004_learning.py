"""What learning needs: contexts of decisions, sums and policy snapshots.

From here on rows of the ledger can be deleted, but only those that lie before a cut of their
merchant; cuts themselves are there for good.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from kirakat.store.columns import Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("ledger_cuts",)
# Tables that only grow, but for what lies before a cut; with their column of time.
_CUT = {"decisions": "at", "events": "at", "policy_snapshots": "created_at"}
_TABLES = (
    "ledger_cuts",
    "policy_alarms",
    "policy_heads",
    "policy_snapshots",
    "learned_slices",
    "learned_stretches",
    "decision_contexts",
)


def upgrade() -> None:
    """Build."""
    op.add_column("events", sa.Column("received_at", UtcDateTime(), nullable=True))
    op.create_index(
        "ix_events_merchant_id_received_at", "events", ["merchant_id", "received_at"], unique=False
    )
    _build_sums()
    _build_policies()
    _build_personal()
    if op.get_bind().dialect.name == "sqlite":
        _guard_on_sqlite()
    else:
        _guard_on_postgresql()


def downgrade() -> None:
    """Drop."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in ("decisions", "events"):
        for name in (f"{table}_no_delete",) if is_sqlite else (f"{table}_cut", f"{table}_fixed"):
            op.execute(f"DROP TRIGGER {name}" + ("" if is_sqlite else f" ON {table}"))
        op.execute(_refusing_sqlite(table, "delete") if is_sqlite else _refusing_postgresql(table))
    op.drop_index("ix_events_merchant_id_received_at", "events")
    op.drop_column("events", "received_at")
    for table in _TABLES:
        op.drop_table(table)
    if not is_sqlite:
        op.execute("DROP FUNCTION kirakat_only_before_cuts CASCADE")


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), server_default="", nullable=False)


def _required(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)


def _merchant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["merchant_id"], ["merchants.merchant_id"], name=f"fk_{table}_merchant_id_merchants"
    )


def _build(table: str, key: tuple[str, ...], *columns: sa.Column[Any]) -> None:
    op.create_table(
        table, *columns, _merchant(table), sa.PrimaryKeyConstraint(*key, name=f"pk_{table}")
    )


def _build_sums() -> None:
    _build(
        "learned_stretches",
        ("merchant_id", "reward_window", "start"),
        _required("merchant_id", sa.String()),
        _required("reward_window", sa.String()),
        _required("start", UtcDateTime()),
        _text("learner"),
        _required("counts", Json),
        _required("learned_at", UtcDateTime()),
    )
    _build(
        "learned_slices",
        ("merchant_id", "category", "feature_version", "slice_start", "level"),
        _required("merchant_id", sa.String()),
        _required("category", sa.String()),
        _required("feature_version", sa.String()),
        _required("slice_start", UtcDateTime()),
        _required("level", sa.Integer()),
        _required("slice_end", UtcDateTime()),
        _text("learner"),
        _required("arms", Json),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        _required("counts", Json),
        _required("learned_at", UtcDateTime()),
    )
    op.create_index(
        "ix_learned_slices_live",
        "learned_slices",
        ["merchant_id", "category"],
        unique=False,
        sqlite_where=sa.text("data IS NOT NULL"),
        postgresql_where=sa.text("data IS NOT NULL"),
    )


def _build_policies() -> None:
    _build(
        "policy_snapshots",
        ("merchant_id", "category", "version"),
        _required("merchant_id", sa.String()),
        _required("category", sa.String()),
        _required("version", sa.Integer()),
        _required("data", sa.LargeBinary()),
        _required("as_of", UtcDateTime()),
        _required("created_at", UtcDateTime()),
        _text("actor"),
        _text("note"),
    )
    _build(
        "policy_heads",
        ("merchant_id", "category"),
        _required("merchant_id", sa.String()),
        _required("category", sa.String()),
        _required("version", sa.Integer()),
        _number("epoch"),
        sa.Column("pinned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _required("changed_at", UtcDateTime()),
        _text("actor"),
        _text("note"),
    )
    _build(
        "policy_alarms",
        ("merchant_id", "category", "kind", "arm_id"),
        _required("merchant_id", sa.String()),
        _required("category", sa.String()),
        _required("kind", sa.String()),
        _required("arm_id", sa.String()),
        _text("reason"),
        _number("version"),
        _required("since", UtcDateTime()),
        _required("seen_at", UtcDateTime()),
        sa.Column("cleared_at", UtcDateTime(), nullable=True),
    )


def _build_personal() -> None:
    _build(
        "decision_contexts",
        ("decision_id",),
        _required("decision_id", sa.String()),
        _required("merchant_id", sa.String()),
        _text("unit"),
        _text("features"),
        _text("context"),
        _required("at", UtcDateTime()),
    )
    for columns in (["merchant_id", "unit", "at"], ["merchant_id", "at"]):
        name = f"ix_decision_contexts_{'_'.join(columns)}"
        op.create_index(name, "decision_contexts", columns, unique=False)
    _build(
        "ledger_cuts",
        ("cut_id",),
        _required("cut_id", sa.String()),
        _required("merchant_id", sa.String()),
        _required("kind", sa.String()),
        sa.Column("before", UtcDateTime(), nullable=True),
        _text("actor"),
        _text("note"),
        _required("at", UtcDateTime()),
    )
    op.create_index(
        "ix_ledger_cuts_merchant_id_before", "ledger_cuts", ["merchant_id", "before"], unique=False
    )


def _refusing_sqlite(table: str, verb: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _refusing_postgresql(table: str) -> str:
    return (
        f"CREATE TRIGGER {table}_append_only "
        f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION kirakat_append_only()"
    )


def _guard_on_sqlite() -> None:
    for table in _APPEND_ONLY:
        for verb in ("update", "delete"):
            op.execute(_refusing_sqlite(table, verb))
    op.execute(_refusing_sqlite("policy_snapshots", "update"))
    for table, time in _CUT.items():
        if table in ("decisions", "events"):
            op.execute(f"DROP TRIGGER {table}_no_delete")
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN NOT EXISTS ("  # noqa: S608  names of this file
            "SELECT 1 FROM ledger_cuts WHERE merchant_id = OLD.merchant_id AND kind = 'ledger' "
            f"AND before > OLD.{time}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only after its last cut'); END"
        )


def _guard_on_postgresql() -> None:
    for table in _APPEND_ONLY:
        op.execute(_refusing_postgresql(table))
    op.execute(
        "CREATE FUNCTION kirakat_only_before_cuts() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE made timestamptz := (to_jsonb(OLD) ->> TG_ARGV[0])::timestamptz; "
        "BEGIN IF NOT EXISTS (SELECT 1 FROM ledger_cuts WHERE merchant_id = OLD.merchant_id "
        "AND kind = 'ledger' AND before > made) "
        "THEN RAISE EXCEPTION '% is append-only after its last cut', TG_TABLE_NAME; END IF; "
        "RETURN OLD; END $$"
    )
    for table, time in _CUT.items():
        if table in ("decisions", "events"):
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_fixed BEFORE UPDATE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION kirakat_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_cut BEFORE DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION kirakat_only_before_cuts('{time}')"
        )
