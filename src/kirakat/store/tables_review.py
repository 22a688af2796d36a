"""The tables of people and of what they decide; docs/reference/store.md says what each is for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from kirakat.store.columns import Json, UtcDateTime
from kirakat.store.tables import metadata


def _text(name: str, default: str | None = "") -> Column[str]:
    return Column(name, String, nullable=False, server_default=default)


def _time(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, UtcDateTime, nullable=nullable)


def _merchant(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "merchant_id",
        ForeignKey("merchants.merchant_id"),
        nullable=False,
        primary_key=primary_key,
    )


accounts = Table(
    "accounts",
    metadata,
    Column("account_id", String, primary_key=True),
    _merchant(),
    # What the person signs in with.
    _text("name", None),
    # Argon2id; empty: comes in through a reverse proxy alone.
    _text("password_hash"),
    # "viewer", "reviewer" or "admin".
    _text("role", None),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    _time("created_at"),
    _time("updated_at"),
    UniqueConstraint("merchant_id", "name"),
)

sessions = Table(
    "sessions",
    metadata,
    # SHA-256 of the cookie's 256 random bits.
    Column("token_hash", String, primary_key=True),
    _merchant(),
    Column("account_id", ForeignKey("accounts.account_id"), nullable=False),
    _time("created_at"),
    _time("expires_at"),
    Index(None, "merchant_id"),
    Index(None, "account_id"),
    Index(None, "expires_at"),
)

audit = Table(
    "audit",
    metadata,
    # In the order of time.
    Column("entry_id", String, primary_key=True),
    _merchant(),
    _text("actor", None),
    # Such as "signed in" or "changed a role".
    _text("action", None),
    _text("subject"),
    Column("record", Json, nullable=False),
    _time("at"),
    Index(None, "merchant_id", "at"),
)

publish_policies = Table(
    "publish_policies",
    metadata,
    _merchant(primary_key=True),
    Column("catalog", String, primary_key=True),
    # "pass": publish what passes the gate; "hold": nothing before a person approved it;
    # "sample": publish what passes, and show people a share of it.
    _text("mode", None),
    # Of what passes, 0 to 1.
    Column("share", Float, nullable=False, server_default=text("0")),
    _text("actor", None),
    _time("updated_at"),
)

controls = Table(
    "controls",
    metadata,
    _merchant(primary_key=True),
    # "offer", "catalog" or "merchant".
    Column("scope", String, primary_key=True),
    # The offer's id or the catalogue's name; empty for the merchant.
    Column("name", String, primary_key=True),
    # "kill": show the original alone; "do_not_generate": make nothing new.
    Column("kind", String, primary_key=True),
    _text("reason"),
    _text("actor", None),
    _time("at"),
)

edited_mattes = Table(
    "edited_mattes",
    metadata,
    Column("image_id", ForeignKey("source_images.image_id"), primary_key=True),
    # From 1; the last one holds.
    Column("number", Integer, primary_key=True, autoincrement=False),
    _merchant(),
    # Of the blob: an 8-bit grey PNG of the photo's size.
    _text("sha256", None),
    # What it began from: a segmenter's name, or "person".
    _text("model"),
    _text("actor", None),
    _time("at"),
    Index(None, "merchant_id"),
    Index(None, "sha256"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("key", ForeignKey("creatives.key"), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    # A step ("mask", "edges", "scene", "generated") or an overlay of the finished picture's size
    # ("coverage", "expansion", "halo").
    Column("name", String, primary_key=True),
    _merchant(),
    # Of the blob.
    _text("sha256", None),
    Index(None, "merchant_id"),
    Index(None, "sha256"),
)
