"""A log of decisions whose truth is known, written as the service and its events would."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from kirakat.bandit.sums import Floats
from kirakat.store.database import Database
from kirakat.store.decision_contexts import WrittenContext, append_written_contexts
from kirakat.store.ledger import append_events
from kirakat.store.ledger_records import EventRecord
from kirakat.store.merchants import ensure_merchant
from kirakat.store.quick_decisions import WrittenDecision, append_written_decisions

START = datetime(2026, 11, 1, tzinfo=UTC)
MERCHANT, CATEGORY = "m", "shoes"
ARMS = ("studio@1", "beach@1", "forest@1", "never@1")
PART = 5_000


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What is written."""

    decisions: int
    feature_version: str
    # Columns that are 1 for one half of the shoppers, and for nobody else.
    segment: int
    seed: int = 0
    # Share of decisions in the uniform bucket; the rest prefer the first arm that is ready.
    uniform_share: float = 0.2
    span: timedelta = timedelta(days=10)
    # Click rates of ARMS for shoppers outside and inside the segment.
    rates: tuple[tuple[float, ...], ...] = ((0.03, 0.05, 0.02, 0.2), (0.03, 0.01, 0.08, 0.2))
    # Share of decisions at which an arm is ready, rising from the first to the second value.
    readiness: tuple[tuple[float, float], ...] = ((1, 1), (0.1, 0.9), (0.9, 0.9), (0, 0))
    # Whether impressions are reported.
    impressions: bool = True
    category: str = CATEGORY


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What was drawn, to compute any policy's true value from."""

    # (n, K) click rates, arms that were ready, and logged probabilities; (n,) segments.
    rates: Floats
    ready: np.ndarray[Any, np.dtype[np.bool_]]
    logged: Floats
    segments: np.ndarray[Any, np.dtype[np.int64]]
    chosen: np.ndarray[Any, np.dtype[np.int64]]
    clicks: np.ndarray[Any, np.dtype[np.bool_]]
    in_bucket: np.ndarray[Any, np.dtype[np.bool_]]

    def value(self, target: Floats) -> float:
        """Click rate of a policy (n, K) over the last n decisions."""
        return float((target * self.rates[-len(target) :]).sum(axis=1).mean())


def draw_traffic(traffic: Traffic) -> Truth:
    """Decisions of shoppers of two segments; readiness moves with time."""
    generator, n = np.random.default_rng(traffic.seed), traffic.decisions
    time = (np.arange(n) + 0.5) / n
    segments = generator.integers(0, 2, n // 3 + 1)[np.arange(n) // 3]
    rates = np.array(traffic.rates)[segments] * (0.6 + 0.8 * time[:, None])
    edges = np.array(traffic.readiness)
    chance = edges[:, 0] + (edges[:, 1] - edges[:, 0]) * time[:, None]
    ready = generator.random(chance.shape) < chance
    even = ready / ready.sum(axis=1, keepdims=True)
    first = np.eye(len(ARMS))[ready.argmax(axis=1)]
    in_bucket = generator.random(n) < traffic.uniform_share
    logged = np.where(in_bucket[:, None], even, 0.7 * first + 0.3 * even)
    chosen = (logged.cumsum(axis=1) <= generator.random(n)[:, None]).sum(axis=1)
    clicks = generator.random(n) < rates[np.arange(n), chosen]
    return Truth(
        rates=rates, ready=ready, logged=logged, segments=segments,
        chosen=chosen, clicks=clicks, in_bucket=in_bucket,
    )  # fmt: skip


def write_log(database: Database, traffic: Traffic) -> Truth:
    """Write it, part by part; gives what was drawn."""
    truth = draw_traffic(traffic)
    with database.writing() as connection:
        ensure_merchant(connection, MERCHANT, now=START)
    for first in range(0, traffic.decisions, PART):
        rows = range(first, min(first + PART, traffic.decisions))
        with database.writing() as connection:
            append_written_decisions(connection, [_decision(traffic, truth, i) for i in rows])
            append_written_contexts(connection, [_context(traffic, truth, i) for i in rows])
            append_events(connection, [e for i in rows for e in _events(traffic, truth, i)])
    return truth


def _at(traffic: Traffic, row: int) -> datetime:
    return START + traffic.span * (row / traffic.decisions)


def _id(row: int) -> str:
    # Three decisions a shopper, two a request.
    return f"r{row // 2:08d}-{row % 2}"


def _decision(traffic: Traffic, truth: Truth, row: int) -> WrittenDecision:
    ready = [arm for arm, is_ready in zip(ARMS, truth.ready[row], strict=True) if is_ready]
    shares = dict(zip(ARMS, truth.logged[row].tolist(), strict=True))
    chosen = ARMS[int(truth.chosen[row])]
    record = {
        "eligible": ARMS, "ready": ready, "probabilities": {arm: shares[arm] for arm in ready},
        "chosen": chosen, "served": chosen, "propensity": shares[chosen], "demanded": "",
        "policy": "LinUCB", "policy_version": "", "feature_version": traffic.feature_version,
        "category": traffic.category, "repeat": False, "position": 1,
        "in_uniform_bucket": bool(truth.in_bucket[row]),
    }  # fmt: skip
    return WrittenDecision(_id(row), MERCHANT, json.dumps(record), _at(traffic, row))


def _context(traffic: Traffic, truth: Truth, row: int) -> WrittenContext:
    columns = [[0, 1.0], [traffic.segment, 1.0]] if truth.segments[row] else [[0, 1.0]]
    unit = f"{row // 3:032x}"
    return WrittenContext(_id(row), MERCHANT, unit, json.dumps(columns), "{}", _at(traffic, row))


def _events(traffic: Traffic, truth: Truth, row: int) -> list[EventRecord]:
    kinds = ["impression"] if traffic.impressions else []
    kinds += ["click"] if truth.clicks[row] else []
    return [
        EventRecord(
            event_id=f"{kind}-{_id(row)}", merchant_id=MERCHANT, decision_id=_id(row), kind=kind,
            record={}, at=_at(traffic, row) + timedelta(seconds=1 + 9 * (kind == "click")),
        )
        for kind in kinds
    ]  # fmt: skip
