"""The tables; docs/reference/store.md says what each is for.

Every table has its `merchant_id`. Records of `kirakat.types` are kept as JSON; columns beside
them are what statements search by. `migrations/` builds the same tables, step by step.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

from kirakat.store.columns import Json, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, default: str | None = "") -> Column[str]:
    """A text that is never null; without a default it must be given."""
    return Column(name, String, nullable=False, server_default=default)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


def _flag(name: str, *, default: bool) -> Column[bool]:
    return Column(
        name, Boolean, nullable=False, server_default=text("true" if default else "false")
    )


def _time(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, UtcDateTime, nullable=nullable)


def _merchant() -> Column[str]:
    return Column("merchant_id", ForeignKey("merchants.merchant_id"), nullable=False)


merchants = Table(
    "merchants",
    metadata,
    Column("merchant_id", String, primary_key=True),
    _text("name"),
    # Most renders a day; null: no cap.
    Column("daily_renders", Integer),
    # Number of the merchant's last transition.
    _count("sequence"),
    # Raised whenever a ready creative is taken back or the prompts change.
    _count("epoch"),
    _time("created_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", String, primary_key=True),
    _merchant(),
    _text("name"),
    # SHA-256 of the secret, which is 256 random bits.
    _text("secret_hash", None),
    Column("scopes", Json, nullable=False),
    _time("created_at"),
    _time("expires_at", nullable=True),
    _time("revoked_at", nullable=True),
    Index(None, "merchant_id"),
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("endpoint_id", String, primary_key=True),
    _merchant(),
    _text("url", None),
    _text("secret", None),
    # Also signed with until `old_until`, while receivers change over.
    _text("old_secret"),
    _time("old_until", nullable=True),
    _flag("enabled", default=True),
    _text("reason"),
    # Number of the endpoint's last callback.
    _count("sequence"),
    _time("created_at"),
    Index(None, "merchant_id"),
)

catalogs = Table(
    "catalogs",
    metadata,
    Column("merchant_id", ForeignKey("merchants.merchant_id"), primary_key=True),
    Column("name", String, primary_key=True),
    _count("revision"),
    _text("source_url"),
    _text("etag"),
    _time("updated_at"),
)

offers = Table(
    "offers",
    metadata,
    Column("merchant_id", ForeignKey("merchants.merchant_id"), primary_key=True),
    Column("catalog", String, primary_key=True),
    Column("offer_id", String, primary_key=True),
    Column("record", Json, nullable=False),
    _text("content_hash", None),
    _text("image_id", None),
    _flag("active", default=True),
    # The catalogue's revision in which it last changed.
    _count("revision"),
    _time("updated_at"),
    Index(None, "merchant_id", "image_id"),
)

source_images = Table(
    "source_images",
    metadata,
    Column("image_id", String, primary_key=True),
    _merchant(),
    _text("uri", None),
    # Content changes seen at that address.
    _count("revision"),
    _flag("current", default=True),
    # SHA-256 of the file; null until it was fetched.
    Column("sha256", String),
    Column("width", Integer),
    Column("height", Integer),
    _text("etag"),
    _text("last_modified"),
    _time("checked_at", nullable=True),
    _text("error"),
    # 0 to 1 and a word; null and empty until its product was cut out.
    Column("photo_quality", Float),
    _text("photo_composition"),
    UniqueConstraint("merchant_id", "uri", "revision"),
    Index(
        "ix_source_images_current",
        "merchant_id",
        "uri",
        unique=True,
        sqlite_where=text("current"),
        postgresql_where=text("current"),
    ),
)

prompts = Table(
    "prompts",
    metadata,
    Column("merchant_id", ForeignKey("merchants.merchant_id"), primary_key=True),
    Column("prompt_id", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("record", Json, nullable=False),
    # Shown only between these times; null: no bound.
    _time("starts_at", nullable=True),
    _time("ends_at", nullable=True),
    _flag("paused", default=False),
    _time("created_at"),
)

recipes = Table(
    "recipes",
    metadata,
    Column("merchant_id", ForeignKey("merchants.merchant_id"), primary_key=True),
    Column("digest", String, primary_key=True),
    _text("label", None),
    Column("record", Json, nullable=False),
    _time("created_at"),
)

renders = Table(
    "renders",
    metadata,
    Column("render_id", String, primary_key=True),
    _merchant(),
    _text("image_id", None),
    _text("treatment", None),
    _text("bucket"),
    _text("recipe_digest", None),
    # Offer, rendered prompt and recipe.
    Column("inputs", Json, nullable=False),
    # "online" sorts after "catalog".
    _text("lane", None),
    _count("asked"),
    _text("state", "queued"),
    # How often it was queued afresh after it had ended.
    _count("round"),
    # Tries in this round.
    _count("attempts"),
    # Which drawing is wanted; the seed's attempt.
    _count("draw"),
    _text("ticket"),
    _text("executor_id"),
    _time("next_at"),
    _text("error"),
    _time("created_at"),
    _time("updated_at"),
    Index(None, "merchant_id", "state"),
    Index(None, "ticket"),
    # The index `ix_renders_queue`, in the order of claims, is built by its migration alone:
    # Alembic cannot compare descending columns.
    Index(
        "ix_renders_running",
        "executor_id",
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
)

attempts = Table(
    "attempts",
    metadata,
    Column("render_id", ForeignKey("renders.render_id"), primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    # From 1 in each round.
    Column("number", Integer, primary_key=True, autoincrement=False),
    _text("merchant_id", None),
    _text("executor_id", None),
    _time("started_at"),
    _time("ended_at", nullable=True),
    _text("outcome"),
    _text("error"),
    Index(None, "merchant_id"),
)

creatives = Table(
    "creatives",
    metadata,
    Column("key", String, primary_key=True),
    _merchant(),
    Column("render_id", ForeignKey("renders.render_id"), nullable=False),
    _text("offer_id", None),
    _text("image_id", None),
    _text("arm", None),
    _text("placement_name", None),
    Column("placement", Json, nullable=False),
    _text("treatment", None),
    _text("recipe_label", None),
    _text("state", "requested"),
    _count("revision"),
    _text("reason"),
    # SHA-256 of the finished file; null until there is one.
    Column("sha256", String),
    Column("format", String),
    Column("bytes", Integer),
    Column("width", Integer),
    Column("height", Integer),
    Column("certificate", Json),
    Column("gate", Json),
    # The drawing that it shows.
    _count("attempt"),
    _time("requested_at"),
    _time("ready_at", nullable=True),
    _time("updated_at"),
    Index(None, "merchant_id", "state", "updated_at"),
    # Of its last three columns coverage is counted, without a look at the rows.
    Index(
        "ix_creatives_coverage", "merchant_id", "image_id", "placement_name", "treatment", "state"
    ),
    Index(None, "merchant_id", "offer_id"),
    Index(None, "render_id", "state"),
    Index(None, "sha256"),
)

transitions = Table(
    "transitions",
    metadata,
    Column("merchant_id", ForeignKey("merchants.merchant_id"), primary_key=True),
    # From 1, without gaps, in the order of commits.
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    _text("key", None),
    _count("revision"),
    _text("origin", None),
    _text("target", None),
    _text("reason"),
    _text("actor"),
    _time("at"),
    Index(None, "key", "revision"),
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("webhook_id", String, primary_key=True),
    _merchant(),
    Column("endpoint_id", ForeignKey("endpoints.endpoint_id"), nullable=False),
    # From 1, without gaps, for each endpoint.
    _count("sequence"),
    _text("event", None),
    _text("key", None),
    _count("revision"),
    Column("payload", Json, nullable=False),
    _text("state", "pending"),
    _count("attempts"),
    _time("next_at"),
    Column("last_code", Integer),
    _text("error"),
    _time("created_at"),
    _time("updated_at"),
    UniqueConstraint("endpoint_id", "sequence"),
    Index(None, "merchant_id"),
    Index(
        "ix_callbacks_due",
        "next_at",
        sqlite_where=text("state IN ('pending', 'failed')"),
        postgresql_where=text("state IN ('pending', 'failed')"),
    ),
)

decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", String, primary_key=True),
    _merchant(),
    Column("record", Json, nullable=False),
    _time("at"),
    Index(None, "merchant_id", "at"),
)

events = Table(
    "events",
    metadata,
    Column("event_id", String, primary_key=True),
    _merchant(),
    _text("decision_id", None),
    _text("kind", None),
    Column("record", Json, nullable=False),
    _time("at"),
    # When it came in; null in rows from before migration 0004, which are not learned from.
    _time("received_at", nullable=True),
    Index(None, "merchant_id", "at"),
    Index(None, "merchant_id", "received_at"),
    Index(None, "decision_id"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("review_id", String, primary_key=True),
    _merchant(),
    _text("key", None),
    _count("revision"),
    _text("verdict", None),
    _text("reviewer", None),
    Column("record", Json, nullable=False),
    _time("at"),
    Index(None, "merchant_id", "at"),
    Index(None, "key"),
)

executors = Table(
    "executors",
    metadata,
    Column("executor_id", String, primary_key=True),
    _text("host"),
    _count("pid"),
    _text("version"),
    _time("started_at"),
    _time("heartbeat_at"),
)

spend = Table(
    "spend",
    metadata,
    Column("merchant_id", ForeignKey("merchants.merchant_id"), primary_key=True),
    Column("day", Date, primary_key=True),
    _count("renders"),
)
