"""What is appended to the ledger: decisions, events, reviews. All times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class DecisionRecord:
    """What was chosen for an impression, and with which probability."""

    decision_id: str
    merchant_id: str
    record: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class EventRecord:
    """An impression, click, conversion or cost that belongs to a decision."""

    event_id: str
    merchant_id: str
    decision_id: str
    kind: str
    record: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ReviewRecord:
    """What a person said of a creative."""

    review_id: str
    merchant_id: str
    key: str
    revision: int
    verdict: str
    reviewer: str
    record: Mapping[str, Any]
    at: datetime
