"""What a dashboard shows: workers, batches, policies and an experiment with known figures."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from kirakat.bandit.arms import Arm, ArmSet
from kirakat.bandit.probabilities import Exposure
from kirakat.bandit.snapshot import Snapshot, to_bytes
from kirakat.bandit.specification import PolicySpecification
from kirakat.bandit.sums import LinearSums
from kirakat.experiments.change import create, start
from kirakat.experiments.definition import Comparison, Experiment, Variant
from kirakat.store.decision_contexts import WrittenContext, append_written_contexts
from kirakat.store.executors import beat
from kirakat.store.learned_slices import LearnedSlice, Stretch, insert_stretch
from kirakat.store.ledger import append_decisions, append_events
from kirakat.store.ledger_records import DecisionRecord, EventRecord
from kirakat.store.merchants import spend_renders
from kirakat.store.policy_alarms import record_alarms
from kirakat.store.policy_snapshots import publish_snapshot

MERCHANT = "shop"
# Decisions and clicks of each arm, as the snapshot has them.
EVIDENCE = {
    "kitchen-marble@1": (5_200, 134),
    "kitchen-oak@2": (2_100, 41),
    "kitchen-window@1": (900, 9),
    "original": (640, 8),
    "kitchen-herbs@1": (0, 0),
}
# Variant: users, clicks.
VARIANTS = {"original": (500, 60), "generated": (510, 92)}


def seed_workers(connection: Connection, *, now: datetime) -> None:
    """Two workers at work, one that is silent, and renders booked on three days."""
    for name, ago in (("render-1", 2), ("render-2", 4), ("render-3", 4000)):
        at = now - timedelta(seconds=ago)
        started = now - timedelta(hours=5)
        common = {"executor_id": name, "host": name, "pid": 4711, "version": "0.1.0"}
        beat(connection, **common, now=started)  # type: ignore[arg-type]
        beat(connection, **common, now=at)  # type: ignore[arg-type]
    for back, renders in ((0, 120), (1, 640), (3, 200)):
        spend_renders(connection, MERCHANT, day=(now - timedelta(days=back)).date(),
                      renders=renders)  # fmt: skip


def seed_policies(connection: Connection, *, now: datetime, category: str = "kitchen") -> None:
    """A pool that has converged for a week, with an alarm."""
    counts = np.array([float(one) for one, _ in EVIDENCE.values()])
    clicks = np.array([float(one) for _, one in EVIDENCE.values()])
    arms = ArmSet(tuple(Arm(arm_id=name) for name in EVIDENCE))
    snapshot = Snapshot(
        merchant_id=MERCHANT, category=category, version=1, as_of=now.timestamp() - 600,
        feature_version="default@1", arms=arms, specification=PolicySpecification(),
        exposure=Exposure(), rule="ready", uniform_share=0.05,
        sums=LinearSums(epoch=0, counts=counts, clicks=clicks,
                        outer=np.zeros((len(arms), 2, 2)), reward=np.zeros((len(arms), 2))),
    )  # fmt: skip
    publish_snapshot(
        connection, MERCHANT, category, to_bytes(snapshot), now - timedelta(minutes=10), "learner",
        "8840 decisions, 192 clicks", now, version=1,
    )  # fmt: skip
    for back in range(28):
        _learn(connection, now - timedelta(hours=6 * back), (27 - back) / 27, category)
    record_alarms(
        connection, MERCHANT, category,
        {("retire", "kitchen-window@1"): "its clicks lie below the uniform bucket's"},
        version=1, now=now,
    )  # fmt: skip


def _learn(connection: Connection, at: datetime, progress: float, category: str) -> None:
    """One slice of ten minutes: 100 decisions, more and more of them the best arm's."""
    begin = datetime.fromtimestamp(at.timestamp() // 600 * 600, at.tzinfo)
    best = round(25 + 45 * progress)
    rest = 100 - best
    second, third = round(rest * 0.6), round(rest * 0.25)
    counts = {
        "learned": 100, "clicks": 2,
        "policy": {"kitchen-marble@1": best - 5, "kitchen-oak@2": second,
                   "kitchen-window@1": third, "original": rest - second - third},
        "uniform": {"kitchen-marble@1": 5}, "uniform_clicks": {}, "halves": [0, 0, 0, 0],
    }  # fmt: skip
    stretch = Stretch(
        merchant_id=MERCHANT, reward_window=f"impressions:{category}", start=begin,
        learner="learner", counts={"learned": 100}, learned_at=at,
    )  # fmt: skip
    learned = LearnedSlice(
        merchant_id=MERCHANT, category=category, feature_version="default@1", slice_start=begin,
        level=0, slice_end=begin + timedelta(minutes=10), learner="learner", arms=[], data=None,
        counts=counts, learned_at=at,
    )  # fmt: skip
    insert_stretch(connection, stretch, [learned])


def seed_experiment(connection: Connection, *, now: datetime, name: str = "phase-1") -> None:
    """A running comparison; every user has two impressions, the first users one click each."""
    experiment = Experiment(
        merchant_id=MERCHANT, name=name, title="Generated against the original", seed=name,
        variants=tuple(Variant(name=one) for one in VARIANTS), planned_units=4_000,
        comparisons=(Comparison(treated="generated", control="original"),),
    )  # fmt: skip
    begun = now - timedelta(days=2)
    create(connection, experiment, now=begun, actor="anna")
    start(connection, MERCHANT, name, now=begun, actor="anna")
    for variant, (users, clicks) in VARIANTS.items():
        _visit(connection, name, variant, users, clicks, now - timedelta(hours=5))


def _visit(
    connection: Connection, name: str, variant: str, users: int, clicks: int, at: datetime
) -> None:
    decisions, contexts, events = [], [], []
    for user in range(users):
        for number in range(2):
            key = f"{name}-{variant}-{user}-{number}"
            when = at + timedelta(seconds=7 * user + number)
            decisions.append(
                DecisionRecord(
                    decision_id=key,
                    merchant_id=MERCHANT,
                    at=when,
                    record={"assignment": {name: variant}, "category": "kitchen"},
                )
            )
            contexts.append(WrittenContext(key, MERCHANT, f"{variant}-{user}", "", "", when))
            events.append(_event(key, "impression", when))
        if user < clicks:
            events.append(_event(key, "click", when))
    append_decisions(connection, decisions)
    append_written_contexts(connection, contexts)
    append_events(connection, events)  # fmt: skip


def _event(decision_id: str, kind: str, at: datetime) -> EventRecord:
    return EventRecord(
        event_id=f"{decision_id}-{kind}", merchant_id=MERCHANT, decision_id=decision_id, kind=kind,
        record={"value": None, "late": False, "bot": False}, at=at,
    )  # fmt: skip
