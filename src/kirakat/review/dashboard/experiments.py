"""Running experiments: users by variant, sample ratio, and the lift up to now.

Read from the newest decisions of the ledger, a bounded number. Where that is not all since the
start, lifts are left to `kirakat experiment report`, which reads everything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, Select, select

from kirakat.experiments.state import ExperimentState, read_states
from kirakat.stats.estimate import NotEstimable, Result
from kirakat.stats.sample_ratio import SampleRatio, sequential_sample_ratio
from kirakat.stats.sequence import sequential_lift
from kirakat.stats.sufficient import RatioSums, ratio_sums
from kirakat.store.tables import decisions, events
from kirakat.store.tables_learning import decision_contexts

# Decisions that are read.
MOST = 20_000
# Clicks on each side below which there is no lift.
_LEAST_CLICKS = 20


@dataclass(frozen=True, kw_only=True)
class VariantLine:
    """One variant."""

    name: str
    users: int
    # Share of the users that the weights promise.
    weight: float
    sums: RatioSums


@dataclass(frozen=True, kw_only=True)
class LiftLine:
    """One comparison; the interval holds at every look."""

    treated: str
    control: str
    lift: Result


@dataclass(frozen=True, kw_only=True)
class ExperimentPanel:
    """One running experiment."""

    state: ExperimentState
    variants: Sequence[VariantLine]
    ratio: SampleRatio | NotEstimable
    lifts: Sequence[LiftLine]
    # Whether everything since the start was read.
    is_whole: bool
    # The oldest decision that was read.
    since: datetime | None


@dataclass(kw_only=True)
class _Seen:
    """Impressions and clicks of users, by experiment and variant."""

    units: dict[tuple[str, str], dict[str, list[int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(lambda: [0, 0]))
    )

    def note(self, assignment: Mapping[str, str], unit: str, clicks: int) -> None:
        """Count one impression."""
        for name, variant in assignment.items():
            tally = self.units[name, variant][unit]
            tally[0] += 1
            tally[1] += clicks

    def sums(self, experiment: str, variant: str) -> RatioSums:
        """Clicks over impressions by user."""
        table = np.array(list(self.units[experiment, variant].values()), np.float64)
        table = table.reshape(-1, 2)
        return ratio_sums(table[:, 1], table[:, 0])


def read_experiments(
    connection: Connection, merchant_id: str, *, now: datetime
) -> list[ExperimentPanel]:
    """The running ones by the time of their start."""
    running = [
        state for state in read_states(connection, merchant_id).values() if state.runs_at(now)
    ]
    started = [state.started_at for state in running if state.started_at is not None]
    if not started:
        return []
    seen, oldest, is_cut = _read(connection, merchant_id, min(started))
    return [
        _panel(state, seen, oldest, is_whole=not is_cut or _is_after(state, oldest))
        for state in sorted(running, key=lambda one: one.started_at or now)
    ]


def _is_after(state: ExperimentState, oldest: datetime | None) -> bool:
    return oldest is not None and state.started_at is not None and state.started_at > oldest


def _read(
    connection: Connection, merchant_id: str, since: datetime
) -> tuple[_Seen, datetime | None, bool]:
    """The newest decisions with their events; whether there are more than were read."""
    newest = _newest(merchant_id, since)
    rows = connection.execute(newest).all()
    shown, clicks = _events(connection, newest)
    seen = _Seen()
    for row in rows:
        if row.assignment and row.unit and row.decision_id in shown:
            seen.note(row.assignment, row.unit, clicks.get(row.decision_id, 0))
    return seen, rows[-1].at if rows else None, len(rows) == MOST


def _newest(merchant_id: str, since: datetime) -> Select[tuple[str, datetime, dict[str, str], str]]:
    columns = decisions.c
    return (
        select(
            columns.decision_id,
            columns.at,
            columns.record["assignment"].label("assignment"),
            decision_contexts.c.unit,
        )
        .outerjoin(decision_contexts, decision_contexts.c.decision_id == columns.decision_id)
        .where(columns.merchant_id == merchant_id, columns.at >= since)
        .order_by(columns.at.desc())
        .limit(MOST)
    )


def _events(
    connection: Connection, newest: Select[tuple[str, datetime, dict[str, str], str]]
) -> tuple[set[str], dict[str, int]]:
    """Decisions that people saw, and the clicks of each; bots are left out of both."""
    chosen = newest.subquery()
    statement = (
        select(events.c.decision_id, events.c.kind, events.c.record["bot"].as_boolean())
        .join(chosen, chosen.c.decision_id == events.c.decision_id)
        .where(events.c.kind.in_(("impression", "click")))
    )
    shown: set[str] = set()
    bots: set[str] = set()
    clicks: dict[str, int] = defaultdict(int)
    for decision_id, kind, is_bot in connection.execute(statement):
        if is_bot:
            bots.add(decision_id)
        elif kind == "click":
            clicks[decision_id] += 1
        else:
            shown.add(decision_id)
    return shown - bots, clicks


def _panel(
    state: ExperimentState, seen: _Seen, oldest: datetime | None, *, is_whole: bool
) -> ExperimentPanel:
    experiment = state.experiment
    total = sum(state.weights)
    variants = [
        VariantLine(
            name=variant.name,
            users=len(seen.units[experiment.name, variant.name]),
            weight=weight / total,
            sums=seen.sums(experiment.name, variant.name),
        )
        for variant, weight in zip(experiment.variants, state.weights, strict=True)
    ]
    return ExperimentPanel(
        state=state,
        variants=variants,
        ratio=_ratio(state, variants),
        lifts=list(_lifts(state, variants)) if is_whole else [],
        is_whole=is_whole,
        since=oldest,
    )


def _ratio(state: ExperimentState, variants: Sequence[VariantLine]) -> SampleRatio | NotEstimable:
    if len(state.reweightings) > 1:
        return NotEstimable("the weights were changed since the start")
    return sequential_sample_ratio(
        [variant.users for variant in variants], [variant.weight for variant in variants]
    )


def _lifts(state: ExperimentState, variants: Sequence[VariantLine]) -> Iterable[LiftLine]:
    sums = {variant.name: variant.sums for variant in variants}
    experiment = state.experiment
    for pair in experiment.comparisons:
        treated, control = sums[pair.treated], sums[pair.control]
        yield LiftLine(
            treated=pair.treated, control=pair.control, lift=_lift(state, treated, control)
        )


def _lift(state: ExperimentState, treated: RatioSums, control: RatioSums) -> Result:
    if min(treated.y, control.y) < _LEAST_CLICKS:
        return NotEstimable(f"fewer than {_LEAST_CLICKS} clicks on one side: too early to look")
    experiment = state.experiment
    return sequential_lift(
        treated, control, planned_units=experiment.planned_units * 2 / len(experiment.variants),
        confidence=experiment.confidence,
    )  # fmt: skip
