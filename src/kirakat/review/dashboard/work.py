"""The queue, batches, failures and callbacks of one merchant, from bounded reads of the store."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from kirakat.store.bulk import AnyRow, as_record
from kirakat.store.executors import list_executors
from kirakat.store.records import ExecutorRecord, QueueLength
from kirakat.store.tables import attempts, callbacks, creatives, renders, transitions

# Transitions whose renders are looked at for batches, newest creatives for waiting times.
_RECENT, _TIMED = 2_000, 1_000
_MOST_REASONS = 10
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Batches:
    """Tries of the renders that ended last."""

    # Renders by the number of those claimed together.
    sizes: Mapping[int, int]
    # Machine time of one render, by what workers were busy; None without a try.
    seconds_each: float | None
    # From claiming a batch to its last picture: median and 95th percentile.
    seconds_batch: tuple[float, float] | None
    # Tries that did not end well, by outcome and error, the most frequent first.
    failures: Sequence[tuple[str, str, int]]
    tries: int
    since: datetime | None


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """How long creatives took from the first asking until they were ready."""

    median: float
    most: float
    count: int


def queue_of(connection: Connection, merchant_id: str) -> list[QueueLength]:
    """Renders by lane and state that have not ended, with the oldest one's time."""
    columns = renders.c
    statement = (
        select(
            columns.lane, columns.state, func.count().label("renders"),
            func.min(columns.created_at).label("oldest"),
        )
        .where(columns.merchant_id == merchant_id, columns.state.in_(("queued", "running")))
        .group_by(columns.lane, columns.state)
        .order_by(columns.lane.desc(), columns.state)
    )  # fmt: skip
    return [as_record(QueueLength, row) for row in connection.execute(statement)]


def count_waiting_for_people(connection: Connection, merchant_id: str) -> int:
    """Creatives that the gate sent to people."""
    statement = (
        select(func.count())
        .select_from(creatives)
        .where(creatives.c.merchant_id == merchant_id, creatives.c.state == "in_review")
    )
    return int(connection.execute(statement).scalar_one())


def time_to_ready(connection: Connection, merchant_id: str, *, now: datetime) -> Waiting | None:
    """Of the newest creatives of the last day; None when none became ready."""
    columns = creatives.c
    statement = (
        select(columns.requested_at, columns.ready_at)
        .where(columns.merchant_id == merchant_id, columns.state == "ready")
        .where(columns.updated_at >= now - _DAY)
        .order_by(columns.updated_at.desc())
        .limit(_TIMED)
    )
    spans = [
        (row.ready_at - row.requested_at).total_seconds()
        for row in connection.execute(statement)
        if row.ready_at is not None
    ]
    if not spans:
        return None
    return Waiting(median=_at(spans, 0.5), most=_at(spans, 0.95), count=len(spans))


def read_batches(connection: Connection, merchant_id: str) -> Batches:
    """Batches of the renders behind the last transitions."""
    rows = _recent_attempts(connection, merchant_id)
    groups: dict[tuple[str, datetime], list[AnyRow]] = defaultdict(list)
    for row in rows:
        groups[row.executor_id, row.started_at].append(row)
    # Those claimed together began at one moment.
    batches = list(groups.values())
    spans = [
        (max(row.ended_at for row in batch) - batch[0].started_at).total_seconds()
        for batch in batches
    ]
    done = sum(row.outcome == "done" for row in rows)
    failed = Counter((row.outcome, row.error) for row in rows if row.outcome != "done")
    return Batches(
        sizes=dict(sorted(Counter(len(batch) for batch in batches).items())),
        seconds_each=_busy(rows) / done if done else None,
        seconds_batch=(_at(spans, 0.5), _at(spans, 0.95)) if spans else None,
        failures=[(*what, count) for what, count in failed.most_common(_MOST_REASONS)],
        tries=len(rows),
        since=min((row.started_at for row in rows), default=None),
    )


def dead_letters(connection: Connection, merchant_id: str) -> list[tuple[str, int]]:
    """Renders that were given up, by reason, the most frequent first."""
    statement = (
        select(renders.c.error, func.count())
        .where(renders.c.merchant_id == merchant_id, renders.c.state == "dead")
        .group_by(renders.c.error)
        .order_by(func.count().desc(), renders.c.error)
    )
    return [(row[0], row[1]) for row in connection.execute(statement)]


def count_callbacks_of(connection: Connection, merchant_id: str) -> dict[str, int]:
    """Callbacks by state."""
    statement = (
        select(callbacks.c.state, func.count())
        .where(callbacks.c.merchant_id == merchant_id)
        .group_by(callbacks.c.state)
        .order_by(callbacks.c.state)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def workers_at_work(
    connection: Connection, *, now: datetime, lease: float
) -> tuple[list[ExecutorRecord], int]:
    """Workers that gave a sign of life within a lease, and how many others are silent."""
    known = list_executors(connection)
    since = now - timedelta(seconds=lease)
    alive = [item for item in known if item.heartbeat_at >= since]
    return alive, len(known) - len(alive)


def _recent_attempts(connection: Connection, merchant_id: str) -> list[AnyRow]:
    newest = select(func.max(transitions.c.sequence)).where(
        transitions.c.merchant_id == merchant_id
    )
    last = int(connection.execute(newest).scalar() or 0)
    recent = (
        select(creatives.c.render_id)
        .join(transitions, transitions.c.key == creatives.c.key)
        .where(
            transitions.c.merchant_id == merchant_id,
            transitions.c.sequence > last - _RECENT,
            transitions.c.origin == "rendering",
        )
    )
    columns = attempts.c
    statement = select(
        columns.executor_id, columns.started_at, columns.ended_at, columns.outcome, columns.error
    ).where(columns.render_id.in_(recent), columns.ended_at.is_not(None))
    return list(connection.execute(statement))


def _busy(rows: Sequence[AnyRow]) -> float:
    """Seconds in which workers had something claimed, each worker's stretches joined."""
    total = 0.0
    until: dict[str, datetime] = {}
    for row in sorted(rows, key=lambda item: item.started_at):
        start = max(row.started_at, until.get(row.executor_id, row.started_at))
        total += max(0.0, (row.ended_at - start).total_seconds())
        until[row.executor_id] = max(row.ended_at, until.get(row.executor_id, row.ended_at))
    return total


def _at(values: Sequence[float], share: float) -> float:
    """The value below which that share lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
