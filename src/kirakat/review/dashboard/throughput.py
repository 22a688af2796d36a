"""Pictures that were finished, by hour and by minute, from the log of transitions.

The log's numbers are gapless and in the order of time, so that its stretch of the last day is
found by halving and read alone, however long the log is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Connection, func, select

from kirakat.review.standing import Standing, standing_of
from kirakat.store.tables import transitions

Step = Literal["hour", "minute"]
# Characters of "2026-11-21 11:05" that name the step.
_LENGTHS: Mapping[Step, int] = {"hour": 13, "minute": 16}
_STEPS: Mapping[Step, timedelta] = {"hour": timedelta(hours=1), "minute": timedelta(minutes=1)}
ENDED = ("ready", "in_review", "rejected", "dead")


@dataclass(frozen=True, kw_only=True)
class Finished:
    """Pictures that were finished in one hour or minute."""

    start: datetime
    pictures: Mapping[Standing, int]

    @property
    def total(self) -> int:
        """However they ended."""
        return sum(self.pictures.values())


def read_finished(
    connection: Connection, merchant_id: str, step: Step, count: int, *, now: datetime
) -> list[Finished]:
    """The last `count` hours or minutes, the present one included, oldest first."""
    length = _STEPS[step]
    last = _floor(now, length)
    starts = [last - length * back for back in reversed(range(count))]
    counted = _counts(connection, merchant_id, step, starts[0])
    return [Finished(start=start, pictures=counted.get(start, {})) for start in starts]


def first_since(connection: Connection, merchant_id: str, since: datetime) -> int:
    """Number of the merchant's first transition at or after a time; one past the last for none."""
    newest = select(func.max(transitions.c.sequence)).where(
        transitions.c.merchant_id == merchant_id
    )
    low, high = 1, int(connection.execute(newest).scalar() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        at = connection.execute(
            select(transitions.c.at).where(
                transitions.c.merchant_id == merchant_id, transitions.c.sequence == middle
            )
        ).scalar()
        if at is not None and at < since:
            low = middle + 1
        else:
            high = middle
    return low


def _counts(
    connection: Connection, merchant_id: str, step: Step, since: datetime
) -> dict[datetime, Counter[Standing]]:
    stamp = _stamp(connection, _LENGTHS[step])
    statement = (
        select(stamp.label("stamp"), transitions.c.target, func.count())
        .where(
            transitions.c.merchant_id == merchant_id,
            transitions.c.sequence >= first_since(connection, merchant_id, since),
            transitions.c.origin == "rendering",
            transitions.c.target.in_(ENDED),
        )
        .group_by("stamp", transitions.c.target)
    )
    found: dict[datetime, Counter[Standing]] = {}
    for text, target, count in connection.execute(statement):
        at = datetime.fromisoformat(text if step == "minute" else f"{text}:00")
        found.setdefault(at.replace(tzinfo=UTC), Counter())[standing_of(target)] += count
    return found


def _stamp(connection: Connection, length: int) -> ColumnElement[str]:
    """SQL: the beginning of a transition's time in UTC as text, the same on both databases."""
    if connection.dialect.name == "sqlite":
        return func.substr(transitions.c.at, 1, length)
    return func.to_char(func.timezone("UTC", transitions.c.at), "YYYY-MM-DD HH24:MI"[: length + 2])


def _floor(at: datetime, length: timedelta) -> datetime:
    seconds = length.total_seconds()
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)


def totals(finished: Sequence[Finished]) -> Counter[Standing]:
    """All of them together."""
    total: Counter[Standing] = Counter()
    for one in finished:
        total.update(one.pictures)
    return total
