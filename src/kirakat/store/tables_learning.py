"""The tables of learning: contexts, learned sums, policy snapshots, alarms, and ledger cuts."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from kirakat.store.columns import Json, UtcDateTime
from kirakat.store.tables import metadata

# What is personal of a decision: rows may be deleted. Without a foreign key to `decisions`, which
# may be cut before or after.
decision_contexts = Table(
    "decision_contexts",
    metadata,
    Column("decision_id", String, primary_key=True),
    Column("merchant_id", ForeignKey("merchants.merchant_id"), nullable=False),
    # The shopper's pseudonym; empty: none was given.
    Column("unit", String, nullable=False, server_default=""),
    # JSON [[index, value], ...] of the encoded vector without zeros; empty: nothing to learn from.
    Column("features", String, nullable=False, server_default=""),
    # JSON of what the schema lets be kept of the context.
    Column("context", String, nullable=False, server_default=""),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "merchant_id", "unit", "at"),
    Index(None, "merchant_id", "at"),
)

# Stretches of impression time that a learner has been through: the guard against counting twice.
learned_stretches = Table(
    "learned_stretches",
    metadata,
    Column("merchant_id", ForeignKey("merchants.merchant_id"), primary_key=True),
    # What opens the reward window of the pools that were learned, and its seconds: one pass.
    Column("reward_window", String, primary_key=True),
    Column("start", UtcDateTime, primary_key=True),
    Column("learner", String, nullable=False, server_default=""),
    # What became of the decisions and events: {"learned": n, "late": n, ...}.
    Column("counts", Json, nullable=False),
    Column("learned_at", UtcDateTime, nullable=False),
)

# Sums of one stretch of one pool. Level 0 is what a learner inserts, once; compaction moves the
# sums of many into one row of a higher level and leaves the rows of level 0 without data.
learned_slices = Table(
    "learned_slices",
    metadata,
    Column("merchant_id", ForeignKey("merchants.merchant_id"), primary_key=True),
    Column("category", String, primary_key=True),
    Column("feature_version", String, primary_key=True),
    Column("slice_start", UtcDateTime, primary_key=True),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("slice_end", UtcDateTime, nullable=False),
    Column("learner", String, nullable=False, server_default=""),
    # Names of the arms, in the order of the arrays.
    Column("arms", Json, nullable=False),
    # The sums as npz; null: they are in a row of a higher level.
    Column("data", LargeBinary),
    Column("counts", Json, nullable=False),
    Column("learned_at", UtcDateTime, nullable=False),
    Index(
        "ix_learned_slices_live",
        "merchant_id",
        "category",
        sqlite_where=text("data IS NOT NULL"),
        postgresql_where=text("data IS NOT NULL"),
    ),
)

policy_snapshots = Table(
    "policy_snapshots",
    metadata,
    Column("merchant_id", ForeignKey("merchants.merchant_id"), primary_key=True),
    Column("category", String, primary_key=True),
    # From 1.
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
    # Event time up to which reward windows had closed.
    Column("as_of", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("actor", String, nullable=False, server_default=""),
    Column("note", String, nullable=False, server_default=""),
)

policy_heads = Table(
    "policy_heads",
    metadata,
    Column("merchant_id", ForeignKey("merchants.merchant_id"), primary_key=True),
    Column("category", String, primary_key=True),
    # The one that services decide by.
    Column("version", Integer, nullable=False),
    # Raised with every move.
    Column("epoch", Integer, nullable=False, server_default=text("0")),
    # Held by a person: new snapshots are kept, but not followed.
    Column("pinned", Boolean, nullable=False, server_default=text("false")),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("actor", String, nullable=False, server_default=""),
    Column("note", String, nullable=False, server_default=""),
)

policy_alarms = Table(
    "policy_alarms",
    metadata,
    Column("merchant_id", ForeignKey("merchants.merchant_id"), primary_key=True),
    Column("category", String, primary_key=True),
    # "too_fast", "too_slow", "retire", "stale" or "aa".
    Column("kind", String, primary_key=True),
    # Empty for alarms of the whole pool.
    Column("arm_id", String, primary_key=True),
    Column("reason", String, nullable=False, server_default=""),
    # The snapshot that was judged last.
    Column("version", Integer, nullable=False, server_default=text("0")),
    Column("since", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    # Null while it holds.
    Column("cleared_at", UtcDateTime),
)

# Retention and erasure, kept for good. Rows of the ledger can be deleted only when a cut of their
# merchant lies after them.
ledger_cuts = Table(
    "ledger_cuts",
    metadata,
    Column("cut_id", String, primary_key=True),
    Column("merchant_id", ForeignKey("merchants.merchant_id"), nullable=False),
    # "ledger", "contexts" or "unit".
    Column("kind", String, nullable=False),
    # Null for the kind "unit".
    Column("before", UtcDateTime),
    Column("actor", String, nullable=False, server_default=""),
    Column("note", String, nullable=False, server_default=""),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "merchant_id", "before"),
)
