"""How prompts did lately: what was made with them, what people said, what shoppers did."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from kirakat.review.review_events import DECISIONS
from kirakat.stats.intervals import Interval, wilson
from kirakat.stats.sufficient import Proportion
from kirakat.store.bulk import AnyRow
from kirakat.store.tables import creatives, decisions, events, reviews

LATELY = timedelta(days=30)
# Rows of a table that one page looks at, at most: the newest.
_MOST = 100_000
_JUDGED = ("ready", "retired", "rejected")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One arm's numbers of the last 30 days."""

    # Creatives by their present state.
    states: Mapping[str, int] = field(default_factory=dict)
    approved: int = 0
    refused: int = 0
    impressions: int = 0
    clicks: int = 0

    @property
    def made(self) -> int:
        """Creatives of any state."""
        return sum(self.states.values())

    @property
    def defect_rate(self) -> float | None:
        """Share of the judged ones that gate or people rejected; None where none was judged."""
        judged = sum(self.states.get(state, 0) for state in _JUDGED)
        return self.states.get("rejected", 0) / judged if judged else None

    @property
    def ctr(self) -> Interval | None:
        """Clicks per impression with Wilson's 95 % interval; None before the first impression."""
        if not self.impressions:
            return None
        clicks = min(self.clicks, self.impressions)
        return wilson(Proportion(successes=clicks, trials=self.impressions))


NOTHING = Figures()


def read_figures(connection: Connection, merchant_id: str, now: datetime) -> dict[str, Figures]:
    """The numbers of every arm that has any."""
    since = now - LATELY
    states = _states(connection, merchant_id, since)
    said = _said(connection, merchant_id, since)
    shown = _shown(connection, merchant_id, since)
    return {
        arm: Figures(
            states=states[arm],
            approved=said[arm]["approve"],
            refused=said[arm]["reject"],
            impressions=shown[arm]["impression"],
            clicks=shown[arm]["click"],
        )
        for arm in {*states, *said, *shown}
    }


Counts = defaultdict[str, Counter[str]]


def _states(connection: Connection, merchant_id: str, since: datetime) -> Counts:
    recent = (
        select(creatives.c.arm, creatives.c.state)
        .where(creatives.c.merchant_id == merchant_id, creatives.c.updated_at >= since)
        .limit(_MOST)
        .subquery()
    )
    counted = select(recent.c.arm, recent.c.state, func.count())
    return _tally(connection.execute(counted.group_by(recent.c.arm, recent.c.state)))


def _said(connection: Connection, merchant_id: str, since: datetime) -> Counts:
    recent = (
        select(reviews.c.key, reviews.c.verdict)
        .where(reviews.c.merchant_id == merchant_id, reviews.c.at >= since)
        .where(reviews.c.verdict.in_(DECISIONS))
        .order_by(reviews.c.at.desc())
        .limit(_MOST)
        .subquery()
    )
    counted = (
        select(creatives.c.arm, recent.c.verdict, func.count())
        .join(recent, recent.c.key == creatives.c.key)
        .where(creatives.c.merchant_id == merchant_id)
        .group_by(creatives.c.arm, recent.c.verdict)
    )
    return _tally(connection.execute(counted))


def _shown(connection: Connection, merchant_id: str, since: datetime) -> Counts:
    """Decisions that were seen and clicked, each once, by what was served."""
    recent = (
        select(events.c.decision_id, events.c.kind)
        .where(events.c.merchant_id == merchant_id, events.c.at >= since)
        .where(events.c.kind.in_(("impression", "click")))
        .order_by(events.c.at.desc())
        .limit(_MOST)
        .subquery()
    )
    arm = decisions.c.record["served"].as_string()
    counted = (
        select(arm, recent.c.kind, func.count(recent.c.decision_id.distinct()))
        .join(recent, recent.c.decision_id == decisions.c.decision_id)
        .where(decisions.c.merchant_id == merchant_id)
        .group_by(arm, recent.c.kind)
    )
    return _tally(connection.execute(counted))


def _tally(rows: Iterable[AnyRow]) -> Counts:
    found: Counts = defaultdict(Counter)
    for arm, name, count in rows:
        found[str(arm)][str(name)] += int(count)
    return found
