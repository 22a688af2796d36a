"""What of a merchant's creatives waits for a person, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    cast,
    exists,
    func,
    or_,
    select,
)

from kirakat.review.queue.filters import Filters
from kirakat.review.review_events import DECISIONS
from kirakat.store.publish_policies import is_sampled, list_publish_policies
from kirakat.store.tables import creatives, renders, reviews

# What somebody skipped comes back after this time.
SKIPPED_FOR = timedelta(hours=12)
_CATEGORY = renders.c.inputs["prompt"]["prompt"]["category"].as_string()


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Whose queue it is, and when."""

    merchant_id: str
    name: str
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Line:
    """One picture of the queue as the grid shows it."""

    key: str
    revision: int
    state: str
    offer_id: str
    title: str
    category: str
    arm: str
    treatment: str
    placement: str
    width: int
    height: int
    sha256: str
    verdict: str
    defects: tuple[str, ...]
    reasons: tuple[str, ...]
    # Since when it is in that state.
    since: datetime


def queue_keys(
    connection: Connection, reader: Reader, filters: Filters, *, limit: int
) -> list[tuple[str, str]]:
    """Keys, each with its picture's hash, in the order in which they wait, the oldest first."""
    columns = select(creatives.c.key, creatives.c.sha256)
    statement = _ordered(_narrowed(connection, columns, reader, filters), filters)
    return [(row.key, row.sha256) for row in connection.execute(statement.limit(limit))]


def count_queue(connection: Connection, reader: Reader, filters: Filters) -> int:
    """How many there are."""
    counted = select(func.count()).select_from(creatives)
    return int(connection.execute(_narrowed(connection, counted, reader, filters)).scalar_one())


def queue_lines(
    connection: Connection, reader: Reader, filters: Filters, *, start: int, limit: int
) -> list[Line]:
    """A page of the queue, in the order of `queue_keys`, beginning at number `start`."""
    statement = _narrowed(connection, _lines(), reader, filters)
    ordered = _ordered(statement, filters).offset(start).limit(limit)
    return [_line(row._mapping) for row in connection.execute(ordered)]


def choices(connection: Connection, reader: Reader, filters: Filters) -> dict[str, dict[str, int]]:
    """By filter, the values that the rest of the filters leaves, each with its number."""
    columns: dict[str, ColumnElement[Any]] = {
        "category": _CATEGORY,
        "placement": creatives.c.placement_name,
        "prompt": creatives.c.arm,
        "recipe": creatives.c.recipe_label,
    }
    found = {}
    for name, column in columns.items():
        others = Filters(**{**vars(filters), name: ""})
        counted = select(column.label("value"), func.count().label("number")).select_from(creatives)
        grouped = _narrowed(connection, counted, reader, others).group_by(column).order_by(column)
        rows = connection.execute(grouped.limit(200)).all()
        found[name] = {str(row.value): int(row.number) for row in rows if row.value}
    return found


def _lines() -> Select[Any]:
    return select(
        creatives.c.key,
        creatives.c.revision,
        creatives.c.state,
        creatives.c.offer_id,
        creatives.c.arm,
        creatives.c.treatment,
        creatives.c.placement_name.label("placement"),
        creatives.c.width,
        creatives.c.height,
        creatives.c.sha256,
        creatives.c.gate,
        creatives.c.updated_at.label("since"),
        renders.c.inputs["offer"]["title"].as_string().label("title"),
        _CATEGORY.label("category"),
    )


def _line(row: Mapping[Any, Any]) -> Line:
    gate = row["gate"] or {}
    return Line(
        verdict=gate.get("verdict", "pass"),
        defects=tuple(gate.get("defects", ())),
        reasons=tuple(gate.get("reasons", ())),
        category=row["category"] or "",
        **{name: row[name] for name in _COPIED},
    )


_COPIED = (
    "key", "revision", "state", "offer_id", "title", "arm", "treatment", "placement", "width",
    "height", "sha256", "since",
)  # fmt: skip


def _ordered(statement: Select[Any], filters: Filters) -> Select[Any]:
    is_past = filters.show in ("rejected", "ready")
    when = creatives.c.updated_at.desc() if is_past else creatives.c.updated_at
    return statement.order_by(when, creatives.c.key)


def _narrowed(
    connection: Connection, statement: Select[Any], reader: Reader, filters: Filters
) -> Select[Any]:
    conditions = [
        creatives.c.merchant_id == reader.merchant_id,
        creatives.c.sha256.is_not(None),
        _shown(connection, reader, filters.show),
        *_chosen(filters),
    ]
    if filters.age:
        conditions.append(creatives.c.updated_at <= reader.now - filters.oldest)
    joined = statement.join(renders, renders.c.render_id == creatives.c.render_id)
    return joined.where(*conditions)


def _shown(connection: Connection, reader: Reader, show: str) -> ColumnElement[bool]:
    state = creatives.c.state
    if show == "rejected":
        return state == "rejected"
    if show == "ready":
        return state == "ready"
    policies = list_publish_policies(connection, reader.merchant_id)
    samples = and_(state == "ready", is_sampled(policies), ~_decided())
    waiting = {"gate": state == "in_review", "samples": samples}
    either = waiting.get(show, or_(state == "in_review", samples))
    skipped = _skipped(reader)
    return and_(either, skipped if show == "skipped" else ~skipped)


def _chosen(filters: Filters) -> list[ColumnElement[bool]]:
    gate = creatives.c.gate
    wanted = {
        "category": filters.category == _CATEGORY,
        "placement": creatives.c.placement_name == filters.placement,
        "prompt": creatives.c.arm == filters.prompt,
        "recipe": creatives.c.recipe_label == filters.recipe,
        "verdict": gate["verdict"].as_string() == filters.verdict,
        # The list as JSON text: defects are words of our own.
        "defect": cast(gate["defects"], String).contains(f'"{filters.defect}"', autoescape=True),
    }
    return [condition for name, condition in wanted.items() if getattr(filters, name)]


def _skipped(reader: Reader) -> ColumnElement[bool]:
    """Whether the reader has put the picture off lately."""
    return exists().where(
        reviews.c.key == creatives.c.key,
        reviews.c.revision == creatives.c.revision,
        reviews.c.verdict == "skip",
        reviews.c.reviewer == reader.name,
        reviews.c.at > reader.now - SKIPPED_FOR,
        ~_undone(),
    )


def _decided() -> ColumnElement[bool]:
    """Whether somebody has decided about the picture, and nobody took it back."""
    return exists().where(
        reviews.c.key == creatives.c.key,
        reviews.c.revision == creatives.c.revision,
        reviews.c.verdict.in_(DECISIONS),
        ~_undone(),
    )


def _undone() -> ColumnElement[bool]:
    """Whether an event of the outer statement's `reviews` was taken back."""
    later = reviews.alias("later")
    return (
        exists()
        .where(
            later.c.key == reviews.c.key,
            later.c.verdict == "undo",
            later.c.record["undoes"].as_string() == reviews.c.review_id,
        )
        .correlate(reviews)
    )
