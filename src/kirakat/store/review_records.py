"""The rows about people and their decisions, as frozen records. All times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Role = Literal["viewer", "reviewer", "admin"]
# Each may do what those before it may.
ROLES: tuple[Role, ...] = ("viewer", "reviewer", "admin")
PublishMode = Literal["pass", "hold", "sample"]
ControlScope = Literal["offer", "catalog", "merchant"]
ControlKind = Literal["kill", "do_not_generate"]


@dataclass(frozen=True, kw_only=True)
class Account:
    """A person who may use the pages of one merchant."""

    account_id: str
    merchant_id: str
    # What the person signs in with.
    name: str
    # Argon2id; empty: comes in through a reverse proxy alone.
    password_hash: str = field(repr=False)
    role: Role
    active: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """Something that a person did besides reviewing."""

    entry_id: str
    merchant_id: str
    actor: str
    action: str
    subject: str
    record: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class PublishPolicy:
    """What becomes of a catalogue's creatives that pass the gate."""

    merchant_id: str
    catalog: str
    mode: PublishMode
    # Of what passes, the share that people are shown besides; 0 to 1, for the mode "sample".
    share: float
    actor: str
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class Control:
    """A person's order about an offer, a catalogue or everything of a merchant."""

    merchant_id: str
    scope: ControlScope
    # The offer's id or the catalogue's name; empty for the merchant.
    name: str
    # "kill": show the original alone, and make nothing; "do_not_generate": make nothing new.
    kind: ControlKind
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class EditedMatte:
    """A matte that a person made or chose for a source image."""

    image_id: str
    # From 1; the last one holds.
    number: int
    merchant_id: str
    # Of the blob: an 8-bit grey PNG of the photo's size.
    sha256: str
    # What it began from: a segmenter's name, or "person".
    model: str
    actor: str
    at: datetime
