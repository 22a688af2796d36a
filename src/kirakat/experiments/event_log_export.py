"""From the store's decisions and events to an event log: a file a day, begun again where it ended.

A day whose reward window has closed is written once and left alone; younger days are written
again at each export. One row is one decision of which an impression was reported,
with what was measured on the photo that its offer has when the day is written.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, and_, or_, select

from kirakat.experiments.event_log import COLUMNS, write_event_log
from kirakat.experiments.read_log_sums import LogWarning
from kirakat.experiments.state import ExperimentState
from kirakat.store.bulk import in_chunks
from kirakat.store.database import Database
from kirakat.store.decision_contexts import read_contexts
from kirakat.store.images import photos_of_offers
from kirakat.store.records import KnownPhoto
from kirakat.store.tables import decisions, events

# Decisions held in memory at a time.
_PAGE: Final = 5_000
# Later events of a decision are no longer waited for.
WINDOW: Final = timedelta(days=1)
_UNKNOWN: Final = KnownPhoto(None, "")
_CLOCK_SKEW: Final = timedelta(seconds=5)
WARNINGS: Final = "warnings.json"
_MESSAGES: Final = {
    "events without impressions": "decisions with clicks, conversions or costs but no impression, "
    "left out",
    "events before their decision": "events whose clock says that they came before their decision",
    "bots": "impressions of what was taken for machines, left out",
    "late events": "events that came in after their reward window, counted",
}


@dataclass(frozen=True, kw_only=True)
class ExportedDay:
    """What became of a day; `rows` is None when its file was there already."""

    day: date
    rows: int | None


def export_days(
    database: Database,
    state: ExperimentState,
    folder: Path,
    *,
    now: datetime,
    days_before: int = 28,
) -> Iterator[ExportedDay]:
    """Write the log of an experiment, day by day, oldest first.

    Impressions of the `days_before` its start are written without a variant, for CUPED. A folder
    that ends in the middle is gone on with. Raises `StoreError` when the database refuses.
    """
    if state.started_at is None:
        return
    end = min(filter(None, (now, state.stopped_at, state.experiment.ends_at)))
    day = state.started_at.astimezone(UTC).date() - timedelta(days=days_before)
    while _midnight(day) < end:
        path = folder / f"{day}.parquet"
        is_closed = _midnight(day) + timedelta(days=1) + WINDOW <= now
        if is_closed and path.is_file():
            yield ExportedDay(day=day, rows=None)
        else:
            yield ExportedDay(day=day, rows=_export_day(database, state, path, day))
        day += timedelta(days=1)


def read_export_warnings(folder: Path) -> list[LogWarning]:
    """What exports into a folder had to say, all days together."""
    found: Counter[str] = Counter()
    for path in sorted(folder.glob(f"*.{WARNINGS}")):
        found.update(json.loads(path.read_text(encoding="utf-8")))
    return [
        LogWarning(kind=kind, count=found[kind], message=message)
        for kind, message in _MESSAGES.items()
        if found[kind]
    ]


def _export_day(database: Database, state: ExperimentState, path: Path, day: date) -> int:
    noticed: Counter[str] = Counter()
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for page in _pages(database, state.experiment.merchant_id, day):
        for row in _rows(state, page, noticed):
            for name, value in asdict(row).items():
                columns[name].append(value)
    if columns["unit"] or path.is_file():
        write_event_log(path, {name: _array(name, values) for name, values in columns.items()})
    notes = path.with_suffix(f".{WARNINGS}")
    if noticed.total():
        notes.write_text(json.dumps(+noticed, indent=2) + "\n", encoding="utf-8")
    else:
        notes.unlink(missing_ok=True)
    return len(columns["unit"])


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A line of the log."""

    merchant_id: str
    unit: str
    experiment: str
    variant: str
    decision_id: str
    at: datetime
    catalog: str
    category: str
    offer_id: str
    placement: str
    treatment_served: str
    arm: str
    logged: bool
    repeat: bool
    is_triggered: bool | None
    photo_quality: float | None
    photo_composition: str | None
    clicks: int
    conversions: int
    revenue: float
    cost: float


@dataclass(frozen=True, kw_only=True)
class _Page:
    """Some decisions with all that belongs to them."""

    decisions: Sequence[Any]
    units: Mapping[str, str]
    events: Mapping[str, Sequence[Any]]
    # By catalogue and offer.
    photos: Mapping[tuple[str, str], KnownPhoto]


def _pages(database: Database, merchant_id: str, day: date) -> Iterator[_Page]:
    """A day's decisions in the order of time, each page in a transaction of its own."""
    last: tuple[datetime, str] = _midnight(day), ""
    until = _midnight(day + timedelta(days=1))
    while True:
        with database.reading() as connection:
            rows = _decisions(connection, merchant_id, last, until)
            if not rows:
                return
            names = [row.decision_id for row in rows]
            contexts = read_contexts(connection, merchant_id, names)
            found = _events(connection, merchant_id, names)
            shown = [row.record.get("offer_id") or "" for row in rows]
            photos = photos_of_offers(connection, merchant_id, shown)
        units = {name: context.unit for name, context in contexts.items()}
        yield _Page(decisions=rows, units=units, events=found, photos=photos)
        last = rows[-1].at, rows[-1].decision_id


def _decisions(
    connection: Connection, merchant_id: str, last: tuple[datetime, str], until: datetime
) -> list[Any]:
    at, name = decisions.c.at, decisions.c.decision_id
    statement = (
        select(decisions)
        .where(
            decisions.c.merchant_id == merchant_id,
            at >= last[0],
            at < until,
            or_(at > last[0], and_(at == last[0], name > last[1])),
        )
        .order_by(at, name)
        .limit(_PAGE)
    )
    return list(connection.execute(statement))


def _events(connection: Connection, merchant_id: str, names: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for part in in_chunks(names):
        statement = select(events).where(
            events.c.decision_id.in_(part), events.c.merchant_id == merchant_id
        )
        for row in connection.execute(statement):
            found[row.decision_id].append(row)
    return found


def _rows(state: ExperimentState, page: _Page, noticed: Counter[str]) -> Iterator[_Row]:
    for decision in page.decisions:
        variant = decision.record.get("assignment", {}).get(state.experiment.name, "")
        is_before = state.started_at is not None and decision.at < state.started_at
        if not variant and not is_before:
            continue
        reported = page.events.get(decision.decision_id, ())
        if _is_shown(decision, reported, noticed):
            unit = page.units.get(decision.decision_id, "")
            photo = page.photos.get(_offer_of(decision), _UNKNOWN)
            yield _row(state, decision, unit, "" if is_before else variant, reported, photo)


def _offer_of(decision: Any) -> tuple[str, str]:
    return decision.record.get("catalog") or "", decision.record.get("offer_id") or ""


def _is_shown(decision: Any, reported: Sequence[Any], noticed: Counter[str]) -> bool:
    """Whether a person saw it; counts what is odd about its events."""
    impressions = [event for event in reported if event.kind == "impression"]
    if not impressions:
        noticed["events without impressions"] += bool(reported)
        return False
    if any(event.record.get("bot") for event in reported):
        noticed["bots"] += 1
        return False
    early = decision.at - _CLOCK_SKEW
    noticed["events before their decision"] += sum(event.at < early for event in reported)
    noticed["late events"] += sum(bool(event.record.get("late")) for event in reported)
    return True


def _row(
    state: ExperimentState,
    decision: Any,
    unit: str,
    variant: str,
    reported: Sequence[Any],
    photo: KnownPhoto,
) -> _Row:
    record = decision.record
    catalog, offer_id = _offer_of(decision)
    kinds = Counter(event.kind for event in reported)
    served = record.get("served", "")
    return _Row(
        merchant_id=decision.merchant_id,
        unit=unit,
        experiment=state.experiment.name if variant else "",
        variant=variant,
        decision_id=decision.decision_id,
        at=decision.at,
        catalog=catalog,
        category=record.get("item_category") or (record.get("category") or "").partition("#")[0],
        offer_id=offer_id,
        placement=record.get("placement") or "",
        treatment_served="original" if served == "original" else record.get("treatment") or "",
        arm=served,
        logged=bool(record.get("probabilities")),
        repeat=bool(record.get("repeat")),
        is_triggered=record.get("all_ready"),
        photo_quality=photo.quality,
        photo_composition=photo.composition or None,
        clicks=kinds["click"],
        conversions=kinds["conversion"],
        revenue=_worth(reported, "conversion"),
        cost=_worth(reported, "cost"),
    )


def _worth(reported: Sequence[Any], kind: str) -> float:
    return sum(float(event.record.get("value") or 0.0) for event in reported if event.kind == kind)


def _array(name: str, values: Sequence[Any]) -> Any:
    kind = COLUMNS[name][0]
    if kind == "TIMESTAMP":
        plain = [value.astimezone(UTC).replace(tzinfo=None) for value in values]
        return np.array(plain, "datetime64[us]")
    # Objects, so that what is not known stays null.
    is_given = None not in values
    plain_kinds = {"DOUBLE": np.float64, "INTEGER": np.int32} if is_given else {}
    return np.array(values, plain_kinds.get(kind, np.object_))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
