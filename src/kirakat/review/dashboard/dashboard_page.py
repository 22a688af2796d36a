"""`/review/dashboard`: the whole page, or its figures alone, which the page fetches anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from kirakat.experiments.report_words import limits, percent, sample_ratio_badge, share
from kirakat.review.dashboard.charts import columns, line, nice_top, stacked
from kirakat.review.dashboard.experiments import MOST, ExperimentPanel, read_experiments
from kirakat.review.dashboard.money import Cost, read_cost
from kirakat.review.dashboard.policies import Policies, read_policies
from kirakat.review.dashboard.throughput import Finished, read_finished, totals
from kirakat.review.dashboard.work import (
    Batches,
    Waiting,
    count_callbacks_of,
    count_waiting_for_people,
    dead_letters,
    queue_of,
    read_batches,
    time_to_ready,
    workers_at_work,
)
from kirakat.review.standing import LABELS
from kirakat.review.web.remember import Memory
from kirakat.review.web.templates import show
from kirakat.review.web.visit import Visit
from kirakat.stats.estimate import NotEstimable
from kirakat.store.records import ExecutorRecord, QueueLength

# For how long figures are good at least: those of the queue, and those that are slower to read.
_QUICK, _SLOW = timedelta(seconds=4), timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class Work:
    """The state of generation."""

    queue: Sequence[QueueLength]
    in_review: int
    hours: Sequence[Finished]
    minutes: Sequence[Finished]
    waiting: Waiting | None
    batches: Batches
    dead: Sequence[tuple[str, int]]
    callbacks: Mapping[str, int]
    workers: Sequence[ExecutorRecord]
    silent: int
    cost: Cost

    @property
    def queued(self) -> int:
        """Renders that wait."""
        return sum(one.renders for one in self.queue if one.state == "queued")

    @property
    def dead_count(self) -> int:
        """Renders that were given up."""
        return sum(count for _, count in self.dead)


class Dashboard:
    """The page; its figures are read once for everybody who looks at it."""

    def __init__(self) -> None:
        self._work: Memory[Work] = Memory(_QUICK)
        self._policies: Memory[Policies] = Memory(_SLOW)
        self._experiments: Memory[list[ExperimentPanel]] = Memory(_SLOW)

    def __call__(self, visit: Visit) -> Response:
        """`part=live`: the figures without the page around them."""
        merchant_id, now = visit.merchant_id, visit.desk.clock.now()
        with visit.desk.database.reading() as connection:
            work = self._work.get(merchant_id, lambda: _work(visit, connection, now), now=now)
            policies = self._policies.get(
                merchant_id, lambda: read_policies(connection, merchant_id, now=now), now=now
            )
            experiments = self._experiments.get(
                merchant_id, lambda: read_experiments(connection, merchant_id, now=now), now=now
            )
        is_part = visit.query("part") == "live"
        return show(
            visit,
            "dashboard/_live.html.j2" if is_part else "dashboard/dashboard.html.j2",
            work=work.value,
            policies=policies.value,
            experiments=experiments.value,
            read_at=work.at,
            summary=_summary(work.value, policies.value),
            labels=LABELS,
            totals=totals,
            most_decisions=MOST,
            **_WORDS,
        )


# What templates draw and write with.
_WORDS: dict[str, Any] = {
    "stacked": stacked,
    "columns": columns,
    "line": line,
    "nice_top": nice_top,
    "span": lambda seconds: f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min",
    "limits": limits,
    "percent": percent,
    "share": share,
    "ratio_badge": sample_ratio_badge,
    "is_unknown": lambda result: isinstance(result, NotEstimable),
}


def _work(visit: Visit, connection: Connection, now: datetime) -> Work:
    merchant_id, desk = visit.merchant_id, visit.desk
    alive, silent = workers_at_work(connection, now=now, lease=desk.settings.worker_lease)
    batches = read_batches(connection, merchant_id)
    return Work(
        queue=queue_of(connection, merchant_id),
        in_review=count_waiting_for_people(connection, merchant_id),
        hours=read_finished(connection, merchant_id, "hour", 24, now=now),
        minutes=read_finished(connection, merchant_id, "minute", 60, now=now),
        waiting=time_to_ready(connection, merchant_id, now=now),
        batches=batches,
        dead=dead_letters(connection, merchant_id),
        callbacks=count_callbacks_of(connection, merchant_id),
        workers=alive,
        silent=silent,
        cost=read_cost(connection, merchant_id, desk.rates, batches.seconds_each, now=now),
    )


def _summary(work: Work, policies: Policies) -> str:
    """What a screen reader is told when it changes: not what changes all the time."""
    parts = (
        (len(work.workers), "worker at work", "workers at work"),
        (work.dead_count, "dead letter", "dead letters"),
        (len(policies.alarms), "alarm", "alarms"),
    )
    told = [f"{number:,} {one if number == 1 else many}" for number, one, many in parts]
    if work.queued and not work.workers:
        told.append("the queue waits for a worker")
    return ", ".join(told) + "."
