"""Kirakat's own log as chunks: decisions, their contexts, and the clicks of their reward windows.

Read page by page in the order of time, so that memory does not grow with the log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from kirakat.bandit.arms import Arm
from kirakat.bandit.learner.timing import is_in_window
from kirakat.bandit.ope.chunk import Chunk, page_of
from kirakat.bandit.ope.decision_chunk import UsedDecision, chunk_of
from kirakat.store.bulk import AnyRow, in_chunks
from kirakat.store.database import Database
from kirakat.store.decision_contexts import read_contexts
from kirakat.store.tables import decisions, events

# Decisions that the categories of a log are told from.
FIRST = 10_000


@dataclass(frozen=True, kw_only=True)
class LogSelection:
    """Which decisions are read, and what counts as a click of theirs."""

    merchant_id: str
    category: str
    # From `start` to before `end`.
    start: datetime
    end: datetime
    # Decisions whose window is open at this time are left out.
    now: datetime
    # Seconds after the impression in which a click counts.
    reward_window: float
    # False: every decision opens its window itself, seen or not.
    impressions_only: bool = True
    # Label and width of the feature schema; decisions of another one are left out.
    feature_version: str
    width: int
    # What is known of arms beside their names: tags, predecessors.
    known: Mapping[str, Arm] = field(default_factory=dict)


@dataclass(kw_only=True)
class DecisionLog:
    """A merchant's log of one pool."""

    database: Database
    selection: LogSelection
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        """Merchant and category."""
        return f"{self.selection.merchant_id}/{self.selection.category}"

    @cached_property
    def decisions(self) -> int:
        """Decisions of the pool in that time."""
        return self._count(*self._span(), self._is_pools())

    def chunks(self) -> Iterator[Chunk]:
        """The log from its start; what cannot be used is counted in `left_out`."""
        self.left_out.clear()
        if others := self._count(*self._span()) - self.decisions:
            self.left_out["of another category"] = others
        order: dict[str, int] = {}
        chosen, unread = self.selection, 0
        with self.database.reading() as connection:
            for rows in self._pages(connection):
                unread += len(rows)
                used = self._usable(connection, rows)
                if used:
                    yield chunk_of(used, order, chosen.known, chosen.width, unread)
                    unread = 0

    def _count(self, *conditions: ColumnElement[bool]) -> int:
        with self.database.reading() as connection:
            found = connection.execute(select(func.count()).where(*conditions)).scalar()
        return int(found or 0)

    def _is_pools(self) -> ColumnElement[bool]:
        named = func.coalesce(decisions.c.record["category"].as_string(), "")
        return named == self.selection.category

    def _span(self) -> tuple[ColumnElement[bool], ...]:
        chosen = self.selection
        return (
            decisions.c.merchant_id == chosen.merchant_id,
            decisions.c.at >= chosen.start,
            decisions.c.at < chosen.end,
        )

    def _pages(self, connection: Connection) -> Iterator[Sequence[AnyRow]]:
        after: Any = None
        while True:
            rows = connection.execute(self._page_after(after)).all()
            if not rows:
                return
            yield rows
            after = rows[-1]

    def _page_after(self, after: Any) -> Select[Any]:
        table = decisions.c
        wanted = select(table.decision_id, table.record, table.at)
        wanted = wanted.where(*self._span(), self._is_pools())
        if after is not None:
            later = and_(table.at == after.at, table.decision_id > after.decision_id)
            wanted = wanted.where(or_(table.at > after.at, later))
        return wanted.order_by(table.at, table.decision_id).limit(page_of(self.decisions))

    def _usable(self, connection: Connection, rows: Sequence[AnyRow]) -> list[UsedDecision]:
        """The decisions that an estimate can be made of, with clicks and contexts."""
        chosen = self.selection
        fitting = [row for row in rows if not self._leaves_out(_misfit(row, chosen))]
        ids = [row.decision_id for row in fitting]
        outcomes = _outcomes(connection, fitting, chosen)
        contexts = read_contexts(connection, chosen.merchant_id, ids)
        return [
            UsedDecision(
                row.decision_id,
                row.record,
                row.at.timestamp(),
                outcome.clicked,
                contexts.get(row.decision_id),
            )
            for row, outcome in zip(fitting, outcomes, strict=True)
            if not self._leaves_out(outcome.reason)
        ]

    def _leaves_out(self, reason: str) -> bool:
        if reason:
            self.left_out[reason] += 1
        return bool(reason)


@dataclass(frozen=True)
class _Outcome:
    """Whether a decision was clicked, and why it cannot be used; empty when it can."""

    clicked: bool
    reason: str


def categories_in(database: Database, merchant_id: str, start: datetime, end: datetime) -> set[str]:
    """The categories among the first decisions of a merchant in that time."""
    wanted = (
        select(decisions.c.record)
        .where(
            decisions.c.merchant_id == merchant_id,
            decisions.c.at >= start,
            decisions.c.at < end,
        )
        .order_by(decisions.c.at)
        .limit(FIRST)
    )
    with database.reading() as connection:
        records = connection.execute(wanted).scalars().all()
    return {str(record.get("category", "")) for record in records}


def _misfit(row: AnyRow, chosen: LogSelection) -> str:
    record = row.record
    if record["feature_version"] not in ("", chosen.feature_version):
        return f"features {record['feature_version']}"
    if row.at + timedelta(seconds=chosen.reward_window) > chosen.now:
        return "reward window still open"
    return ""


def _outcomes(
    connection: Connection, rows: Sequence[AnyRow], chosen: LogSelection
) -> list[_Outcome]:
    """What became of each decision."""
    seen: dict[str, list[AnyRow]] = {row.decision_id: [] for row in rows}
    for part in in_chunks(list(seen)):
        wanted = select(events.c.decision_id, events.c.kind, events.c.record, events.c.at).where(
            events.c.decision_id.in_(part),
            events.c.merchant_id == chosen.merchant_id,
            events.c.kind.in_(("impression", "click")),
        )
        for event in connection.execute(wanted):
            seen[event.decision_id].append(event)
    return [_outcome(row.at, seen[row.decision_id], chosen) for row in rows]


def _outcome(decided: datetime, found: Sequence[AnyRow], chosen: LogSelection) -> _Outcome:
    if any(event.record.get("bot") for event in found):
        return _Outcome(False, "by a bot")
    shown = [event.at for event in found if event.kind == "impression"]
    if chosen.impressions_only and not shown:
        return _Outcome(False, "never seen")
    opened = min(shown) if chosen.impressions_only else decided
    clicked = any(
        event.kind == "click" and is_in_window(event.at, opened, chosen.reward_window)
        for event in found
    )
    return _Outcome(clicked, "")
