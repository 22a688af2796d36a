"""One slice of time: closed reward windows into sums, a chunk of decisions at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection

from kirakat.bandit.configuration import Policies
from kirakat.bandit.learner.bots import HOUR, clicks_too_often
from kirakat.bandit.learner.evidence import Evidence, merge_all
from kirakat.bandit.learner.judge import Judged, judge
from kirakat.bandit.learner.tally import PoolTally
from kirakat.bandit.learner.timing import Slicing, epoch_of
from kirakat.bandit.learner.windows import Window
from kirakat.bandit.sums import Batch, sums_of
from kirakat.store.decision_contexts import ContextRecord, read_contexts
from kirakat.store.opened_windows import (
    SeenEvent,
    busy_units,
    opened_between,
    read_records,
    read_seen,
)

# Decisions in memory at a time.
_CHUNK = 2_000
# Name and feature version of a pool.
PoolKey = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What all learners of an installation have in common."""

    policies: Policies
    slicing: Slicing
    # Clicks of one unit in an hour above which it is a bot.
    bot_clicks: int


@dataclass(kw_only=True)
class Learned:
    """What one slice taught, by pool."""

    evidence: dict[PoolKey, Evidence] = field(default_factory=dict)
    tallies: dict[PoolKey, PoolTally] = field(default_factory=dict)
    # Of all pools: "learned", "clicks", "late", "duplicates", "bots", "without_context",
    # "unlogged" (without a decision in the ledger).
    counts: Counter[str] = field(default_factory=Counter)


class _Row(NamedTuple):
    """A decision that is learned."""

    pool: PoolKey
    epoch: int
    arm: str
    features: tuple[tuple[int, float], ...]
    click: bool


def learn_slice(
    connection: Connection, merchant_id: str, window: Window, start: datetime, rules: Rules
) -> Learned:
    """The sums of the decisions whose window opened in the slice from `start`.

    A pure function of the ledger: the same slice gives the same sums to every learner.
    """
    learned = Learned()
    end = rules.slicing.end_of(start)
    closes = rules.slicing.closes(start, window.seconds)
    busy = busy_units(connection, merchant_id, start - HOUR, closes, above=rules.bot_clicks)
    bots = {
        unit for unit, times in busy.items() if clicks_too_often(times, times, rules.bot_clicks)
    }
    for ids in opened_between(connection, merchant_id, window.opening, start, end, at_once=_CHUNK):
        chunk = _Chunk(
            records=read_records(connection, merchant_id, ids),
            contexts=read_contexts(connection, merchant_id, ids),
            seen=read_seen(connection, merchant_id, ids),
        )
        learned.counts["unlogged"] += len(ids) - len(chunk.records)
        rows = _rows(chunk, window, start, closes, rules, bots, learned)
        _add(learned, rows)
    return learned


class _Chunk(NamedTuple):
    records: dict[str, tuple[Mapping[str, Any], datetime]]
    contexts: dict[str, ContextRecord]
    seen: dict[str, list[SeenEvent]]


def _rows(
    chunk: _Chunk,
    window: Window,
    start: datetime,
    closes: datetime,
    rules: Rules,
    bots: Collection[str],
    learned: Learned,
) -> list[_Row]:
    rows = []
    for decision_id, (record, at) in chunk.records.items():
        category = record.get("category") or ""
        seen = chunk.seen.get(decision_id, [])
        opened = _opened(window, at, seen)
        if not category or not _belongs(category, opened, window, start, rules):
            continue
        context = chunk.contexts.get(decision_id)
        judged = judge(
            context, seen, opened, reward_window=window.seconds, closes=closes, bots=bots
        )
        _count(learned, judged)
        if judged.outcome == "learned" and context is not None:
            pool = (category, str(record.get("feature_version", "")))
            rows.append(_row(pool, record, context, opened, judged, rules))
            _note(learned, pool, decision_id, record, context, judged)
    return rows


def _opened(window: Window, at: datetime, seen: Sequence[SeenEvent]) -> SeenEvent | datetime:
    """What opened the window: the impression that came in first, or the decision."""
    if window.opening == "decisions":
        return at
    return next(event for event in seen if event.kind == "impression")


def _belongs(
    category: str, opened: SeenEvent | datetime, window: Window, start: datetime, rules: Rules
) -> bool:
    """Whether the decision is of a pool with this window, and was not learned in a slice before."""
    policy = rules.policies.for_category(category)
    if (policy.learn_from, policy.reward_window) != (window.opening, window.seconds):
        return False
    return isinstance(opened, datetime) or rules.slicing.start_of(opened.received_at) == start


def _count(learned: Learned, judged: Judged) -> None:
    learned.counts[judged.outcome] += 1
    learned.counts["late"] += judged.late
    learned.counts["duplicates"] += judged.duplicates
    learned.counts["clicks"] += judged.outcome == "learned" and judged.is_clicked


def _row(
    pool: PoolKey,
    record: Mapping[str, Any],
    context: ContextRecord,
    opened: SeenEvent | datetime,
    judged: Judged,
    rules: Rules,
) -> _Row:
    at = opened if isinstance(opened, datetime) else opened.at
    seconds = rules.policies.for_category(pool[0]).epoch
    # The arm that was seen: under the literal rule that is the original, whatever was chosen.
    arm = str(record["served"])
    return _Row(pool, epoch_of(at, seconds), arm, context.features or (), judged.is_clicked)


def _note(
    learned: Learned,
    pool: PoolKey,
    decision_id: str,
    record: Mapping[str, Any],
    context: ContextRecord,
    judged: Judged,
) -> None:
    learned.tallies.setdefault(pool, PoolTally()).note(
        str(record["served"]),
        context.unit or decision_id,
        is_clicked=judged.is_clicked,
        is_uniform=bool(record.get("in_uniform_bucket")),
    )


def _add(learned: Learned, rows: Sequence[_Row]) -> None:
    groups: dict[tuple[PoolKey, int], list[_Row]] = {}
    for row in rows:
        groups.setdefault((row.pool, row.epoch), []).append(row)
    for (pool, epoch), group in groups.items():
        parts = [_evidence(group, epoch)]
        if pool in learned.evidence:
            parts.append(learned.evidence[pool])
        learned.evidence[pool] = merge_all(parts)


def _evidence(rows: Sequence[_Row], epoch: int) -> Evidence:
    arms = tuple(sorted({row.arm for row in rows}))
    number = {arm: index for index, arm in enumerate(arms)}
    width = 1 + max((index for row in rows for index, _ in row.features), default=0)
    contexts = np.zeros((len(rows), width))
    for line, row in enumerate(rows):
        for index, value in row.features:
            contexts[line, index] = value
    batch = Batch(
        contexts=contexts,
        arms=np.array([number[row.arm] for row in rows], np.int64),
        rewards=np.array([row.click for row in rows], np.float64),
    )
    sums = sums_of(batch, len(arms), epoch)
    return Evidence(
        arms=arms, epochs=(epoch,), counts=sums.counts[None], clicks=sums.clicks[None],
        outer=sums.outer[None], reward=sums.reward[None],
    )  # fmt: skip
