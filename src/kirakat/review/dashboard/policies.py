"""What policies do: which snapshot decides, how often each arm is served, and what it earns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from kirakat.bandit.errors import BanditError
from kirakat.bandit.snapshot import from_bytes
from kirakat.stats.intervals import Interval, wilson
from kirakat.stats.sufficient import Proportion
from kirakat.store.policy_alarms import PolicyAlarm, list_alarms
from kirakat.store.policy_snapshots import (
    Head,
    SnapshotRow,
    list_heads,
    list_snapshots,
    read_snapshot,
)
from kirakat.store.tables_learning import learned_slices

# Shares are told for so many stretches; pools that are shown.
STRETCH, STRETCHES, POOLS = timedelta(hours=6), 28, 12
# Arms that a pool's table has.
_ARMS = 12


@dataclass(frozen=True, kw_only=True)
class ArmLine:
    """One arm of a pool."""

    arm: str
    # Of the decisions learned in each stretch, oldest first; None: there was none.
    shares: Sequence[float | None]
    # Of all stretches together.
    share: float | None
    # Clicks per decision by the snapshot's evidence, which forgets; with its 95 % interval.
    rate: Interval
    decisions: float


@dataclass(frozen=True, kw_only=True)
class PoolPanel:
    """One pool."""

    category: str
    head: Head
    # The one that decides, and the newest.
    decides: SnapshotRow | None
    newest: SnapshotRow | None
    arms: Sequence[ArmLine]
    more_arms: int
    # Right end of the scale of click rates.
    scale: float
    alarms: Sequence[PolicyAlarm]
    # Why the snapshot cannot be read; empty otherwise.
    broken: str


@dataclass(frozen=True, kw_only=True)
class Policies:
    """All pools."""

    pools: Sequence[PoolPanel]
    more: int
    # Beginnings of the stretches.
    starts: Sequence[datetime]
    alarms: Sequence[PolicyAlarm]


Evidence = Mapping[str, Proportion]


def read_policies(connection: Connection, merchant_id: str, *, now: datetime) -> Policies:
    """Pools by name, those with an alarm first."""
    alarms = list_alarms(connection, merchant_id)
    alarming = {alarm.category for alarm in alarms}
    heads = sorted(
        list_heads(connection, merchant_id),
        key=lambda head: (head.category not in alarming, head.category),
    )
    starts = _starts(now)
    return Policies(
        pools=[
            _panel(
                connection, head, starts, [one for one in alarms if one.category == head.category]
            )
            for head in heads[:POOLS]
        ],
        more=max(0, len(heads) - POOLS),
        starts=starts,
        alarms=alarms,
    )


def _starts(now: datetime) -> list[datetime]:
    seconds = STRETCH.total_seconds()
    last = datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)
    return [last - back * STRETCH for back in reversed(range(STRETCHES))]


def _panel(
    connection: Connection, head: Head, starts: Sequence[datetime], alarms: Sequence[PolicyAlarm]
) -> PoolPanel:
    rows = list_snapshots(connection, head.merchant_id, head.category, limit=100)
    decides = next((row for row in rows if row.version == head.version), None)
    evidence, broken = _evidence(connection, head)
    served = _served(connection, head, starts)
    arms = _arms(evidence, served)
    return PoolPanel(
        category=head.category,
        head=head,
        decides=decides,
        newest=rows[0] if rows else None,
        arms=arms[:_ARMS],
        more_arms=max(0, len(arms) - _ARMS),
        scale=_scale(arms[:_ARMS]),
        alarms=alarms,
        broken=broken,
    )


def _evidence(connection: Connection, head: Head) -> tuple[Evidence, str]:
    """Decisions and clicks by arm, as the snapshot that decides has them."""
    try:
        snapshot = from_bytes(
            read_snapshot(connection, head.merchant_id, head.category, head.version)
        )
    except BanditError as error:
        return {}, str(error)
    sums = snapshot.sums
    return {
        arm: Proportion(trials=float(sums.counts[index]), successes=float(sums.clicks[index]))
        for index, arm in enumerate(snapshot.arms.ids)
    }, ""


def _served(connection: Connection, head: Head, starts: Sequence[datetime]) -> list[Counter[str]]:
    """Decisions that were learned in each stretch, by arm."""
    columns = learned_slices.c
    rows = connection.execute(
        select(columns.slice_start, columns.counts).where(
            columns.merchant_id == head.merchant_id,
            columns.category == head.category,
            columns.level == 0,
            columns.slice_start >= starts[0],
        )
    )
    found: list[Counter[str]] = [Counter() for _ in starts]
    for start, counts in rows:
        place = min(int((start - starts[0]) / STRETCH), len(starts) - 1)
        found[place].update(counts.get("policy", {}))
        found[place].update(counts.get("uniform", {}))
    return found


def _arms(evidence: Evidence, served: Sequence[Counter[str]]) -> list[ArmLine]:
    """The most served first."""
    whole: Counter[str] = Counter()
    for counts in served:
        whole.update(counts)
    total = whole.total()
    names = sorted({*evidence, *whole}, key=lambda arm: (-whole[arm], arm))
    return [
        ArmLine(
            arm=arm,
            shares=[counts[arm] / counts.total() if counts else None for counts in served],
            share=whole[arm] / total if total else None,
            rate=wilson(evidence.get(arm, Proportion())),
            decisions=evidence.get(arm, Proportion()).trials,
        )
        for arm in names
    ]


def _scale(arms: Sequence[ArmLine]) -> float:
    """A click rate with room for every interval of arms that were shown at all."""
    return 1.05 * max((arm.rate.high for arm in arms if arm.decisions >= 1), default=1.0)
