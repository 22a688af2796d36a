"""Decisions of a made-up pool, and what shoppers did with them, straight into the ledger."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from kirakat.bandit.configuration import Policies, load_policies
from kirakat.bandit.learner.learn import Learner, PoolDone, SliceDone
from kirakat.bandit.learner.learn_slice import Rules
from kirakat.bandit.learner.timing import Slicing
from kirakat.prompts.pool import load_pools
from kirakat.store.database import Database
from kirakat.store.decision_contexts import WrittenContext, append_written_contexts
from kirakat.store.ledger import append_decisions, append_events
from kirakat.store.ledger_records import DecisionRecord, EventRecord
from kirakat.store.merchants import ensure_merchant
from tests.support.asks import NOW, SHOP

MUGS = "kitchen"
ARMS = ("oak@1", "marble@1", "linen@1")
POLICIES = load_policies()
FEATURES = POLICIES.for_category(MUGS).schema.label


@dataclass
class StoppedClock:
    """A clock that stands still until it is set."""

    at: datetime = NOW

    def now(self) -> datetime:
        """The time that it was set to."""
        return self.at

    def monotonic(self) -> float:
        """Its seconds."""
        return self.at.timestamp()


def learner(
    database: Database, *, at: datetime, policies: Policies = POLICIES, **rest: Any
) -> Learner:
    """A learner whose clock stands at a time."""
    rules = Rules(policies=policies, slicing=Slicing(), bot_clicks=30)
    return Learner(
        database=database, rules=rules, shipped=load_pools(), clock=StoppedClock(at),
        **{"name": "test", **rest},
    )  # fmt: skip


def run_round(one: Learner) -> tuple[list[SliceDone], list[PoolDone]]:
    """What a round did."""
    steps = list(one.round())
    slices = [step for step in steps if isinstance(step, SliceDone)]
    return slices, [step for step in steps if isinstance(step, PoolDone)]


def decide(
    database: Database,
    decision_id: str,
    *,
    at: datetime = NOW,
    unit: str = "",
    features: str = "[[0,1.0],[2,0.5]]",
    merchant_id: str = SHOP,
    **record: Any,
) -> None:
    """Log one decision with its context."""
    values = {
        "category": MUGS, "served": ARMS[0], "chosen": ARMS[0], "feature_version": FEATURES,
        "in_uniform_bucket": False, **record,
    }  # fmt: skip
    row = DecisionRecord(decision_id=decision_id, merchant_id=merchant_id, record=values, at=at)
    with database.writing() as connection:
        ensure_merchant(connection, merchant_id, now=at)
        append_decisions(connection, [row])
        context = WrittenContext(decision_id, merchant_id, unit, features, "{}", at)
        append_written_contexts(connection, [context])


def happen(
    database: Database,
    kind: str,
    decision_id: str,
    *,
    at: datetime = NOW,
    received_at: datetime | None = None,
    name: str = "",
    merchant_id: str = SHOP,
    **record: Any,
) -> None:
    """Log one event."""
    came = received_at or at
    row = EventRecord(
        event_id=name or f"{kind}-{decision_id}",
        merchant_id=merchant_id,
        decision_id=decision_id,
        kind=kind,
        record={"received_at": came.isoformat(), **record},
        at=at,
    )
    with database.writing() as connection:
        append_events(connection, [row])


def fill(
    database: Database, count: int, *, seconds: float = 6000.0, seed: int = 1, start: datetime = NOW
) -> None:
    """Many decisions with random contexts, spread over some time, a tenth of them clicked."""
    random = np.random.default_rng(seed)
    decisions, contexts, events = [], [], []
    for number in range(count):
        name = f"d{seed}-{number:06d}"
        at = start + timedelta(seconds=seconds * number / count)
        arm = ARMS[int(random.integers(len(ARMS)))]
        record = {
            "category": MUGS, "served": arm, "chosen": arm, "feature_version": FEATURES,
            "in_uniform_bucket": number % 10 == 0,
        }  # fmt: skip
        decisions.append(DecisionRecord(decision_id=name, merchant_id=SHOP, record=record, at=at))
        unit = f"u{random.integers(count // 4 + 1)}"
        columns = [[0, 1.0], [int(random.integers(1, 30)), round(float(random.normal()), 3)]]
        contexts.append(WrittenContext(name, SHOP, unit, json.dumps(columns), "{}", at))
        events.append(_event("impression", name, at + timedelta(seconds=1)))
        if random.random() < 0.1:
            events.append(_event("click", name, at + timedelta(seconds=20)))
    _append(database, start, decisions, contexts, events)


def _event(kind: str, decision_id: str, at: datetime) -> EventRecord:
    return EventRecord(
        event_id=f"{kind}-{decision_id}", merchant_id=SHOP, decision_id=decision_id, kind=kind,
        record={}, at=at,
    )  # fmt: skip


def _append(
    database: Database,
    start: datetime,
    decisions: Sequence[DecisionRecord],
    contexts: Sequence[WrittenContext],
    events: Sequence[EventRecord],
) -> None:
    with database.writing() as connection:
        ensure_merchant(connection, SHOP, now=start)
        append_decisions(connection, decisions)
        append_written_contexts(connection, contexts)
        append_events(connection, events)
