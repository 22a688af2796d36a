"""How much of a catalogue can be shown, by placement, and why the rest cannot.

Offers that share a photo share its creatives, so creatives count for every offer of their photo.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)

from kirakat.review.reasons import REASONS
from kirakat.review.standing import STANDINGS, Standing, rank_column
from kirakat.store.tables import creatives, offers, renders, source_images
from kirakat.store.tables_review import controls
from kirakat.types import Defect

# Different reasons that are told.
_MOST_REASONS = 12
_DEFECTS = tuple(item.value for item in Defect)


@dataclass(frozen=True, kw_only=True)
class PlacementCoverage:
    """Offers in one placement by what became of them."""

    placement: str
    # Every offer of the catalogue once.
    offers: Mapping[Standing, int]

    @property
    def total(self) -> int:
        """Offers of the catalogue."""
        return sum(self.offers.values())

    @property
    def share(self) -> float:
        """Of the offers that can be shown."""
        return self.offers["ready"] / self.total if self.total else 0.0


@dataclass(frozen=True, kw_only=True)
class Why:
    """A reason for which something is missing."""

    standing: Standing
    # A defect of the gate, a person's reason, an error, or a sentence of ours.
    reason: str
    count: int
    # What is counted.
    what: str = "creatives"
    # Where they can be looked at: filters of the queue or of the catalogue.
    queue: Mapping[str, str] = field(default_factory=dict)
    show: str = ""


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """The whole catalogue."""

    offers: int
    placements: Sequence[PlacementCoverage]
    reasons: Sequence[Why]


def count_coverage(connection: Connection, merchant_id: str, catalog: str) -> Coverage:
    """Count every offer; seconds for hundreds of thousands of creatives."""
    total = _count_offers(connection, merchant_id, catalog)
    placements = _placements(connection, merchant_id, catalog, total)
    reasons = [
        *_judged(connection, merchant_id, catalog),
        *_dead(connection, merchant_id, catalog),
        *_held_back(connection, merchant_id, catalog),
        *_photos(connection, merchant_id, catalog),
        *_stopped(connection, merchant_id, catalog),
    ]
    reasons.sort(key=lambda item: (STANDINGS.index(item.standing), -item.count, item.reason))
    return Coverage(offers=total, placements=placements, reasons=reasons)


def _count_offers(connection: Connection, merchant_id: str, catalog: str) -> int:
    counted = select(func.count()).select_from(offers)
    return int(connection.execute(counted.where(*_listed(merchant_id, catalog))).scalar_one())


def _listed(merchant_id: str, catalog: str) -> tuple[ColumnElement[bool], ...]:
    return (
        offers.c.merchant_id == merchant_id,
        offers.c.catalog == catalog,
        offers.c.active,
    )


def _placements(
    connection: Connection, merchant_id: str, catalog: str, total: int
) -> list[PlacementCoverage]:
    columns = creatives.c
    best = (
        select(columns.placement_name, columns.image_id, func.min(rank_column()).label("rank"))
        .where(columns.merchant_id == merchant_id, columns.treatment != "original")
        .group_by(columns.placement_name, columns.image_id)
        .subquery()
    )
    statement = (
        select(best.c.placement_name, best.c.rank, func.count())
        .join(offers, offers.c.image_id == best.c.image_id)
        .where(*_listed(merchant_id, catalog))
        .group_by(best.c.placement_name, best.c.rank)
    )
    found: dict[str, Counter[Standing]] = {}
    for name, rank, count in connection.execute(statement):
        found.setdefault(name, Counter())[STANDINGS[rank]] += count
    for counts in found.values():
        counts["none"] += total - counts.total()
    return [
        PlacementCoverage(placement=name, offers={one: counts[one] for one in STANDINGS})
        for name, counts in sorted(found.items())
    ]


def _of_catalog(merchant_id: str, catalog: str) -> ColumnElement[bool]:
    """SQL: whether a creative's photo is that of an active offer."""
    listed = select(offers.c.image_id).where(
        offers.c.image_id == creatives.c.image_id, *_listed(merchant_id, catalog)
    )
    return and_(creatives.c.merchant_id == merchant_id, listed.exists())


def _judged(connection: Connection, merchant_id: str, catalog: str) -> list[Why]:
    """What the gate and people said of creatives in review and rejected."""
    reason = creatives.c.reason
    labels = [
        (or_(reason == item.label, reason.startswith(f"{item.label}:")), literal(item.label))
        for item in REASONS
    ]
    said = case(*labels, else_="")
    statement = (
        select(
            creatives.c.state,
            said.label("said"),
            cast(creatives.c.gate["defects"], String).label("defects"),
            func.count().label("number"),
        )
        .where(_of_catalog(merchant_id, catalog), creatives.c.state.in_(("in_review", "rejected")))
        .group_by("state", "said", "defects")
    )
    counts: Counter[tuple[Standing, str]] = Counter()
    for row in connection.execute(statement):
        standing: Standing = "review" if row.state == "in_review" else "rejected"
        # A person's word stands above the gate's.
        told = [row.said] if row.said else _defects(row.defects)
        counts.update({(standing, name): row.number for name in told})
    return [_judgement(standing, name, count) for (standing, name), count in counts.items()]


def _defects(text: str | None) -> list[str]:
    found = [name for name in _DEFECTS if f'"{name}"' in (text or "")]
    return found or ["no defect: held by a policy, or by hand"]


def _judgement(standing: Standing, name: str, count: int) -> Why:
    queue = {"show": "rejected"} if standing == "rejected" else {}
    if name in _DEFECTS:
        queue["defect"] = name
    return Why(standing=standing, reason=name.replace("_", " "), count=count, queue=queue,
               show="" if queue else standing)  # fmt: skip


def _dead(connection: Connection, merchant_id: str, catalog: str) -> list[Why]:
    statement = (
        select(creatives.c.reason, func.count().label("number"))
        .where(_of_catalog(merchant_id, catalog), creatives.c.state == "dead")
        .group_by(creatives.c.reason)
        .order_by(func.count().desc(), creatives.c.reason)
        .limit(_MOST_REASONS)
    )
    return [
        Why(standing="dead", reason=row.reason or "no reason given", count=row.number, show="dead")
        for row in connection.execute(statement)
    ]


def _held_back(connection: Connection, merchant_id: str, catalog: str) -> list[Why]:
    """Why renders wait longer than for their turn, such as for a budget's next day."""
    listed = select(offers.c.image_id).where(
        offers.c.image_id == renders.c.image_id, *_listed(merchant_id, catalog)
    )
    statement = (
        select(renders.c.error, func.count().label("number"))
        .where(renders.c.merchant_id == merchant_id, renders.c.state == "queued")
        .where(renders.c.error != "", listed.exists())
        .group_by(renders.c.error)
        .order_by(func.count().desc(), renders.c.error)
        .limit(_MOST_REASONS)
    )
    return [
        Why(standing="waiting", reason=row.error, count=row.number, what="renders", show="waiting")
        for row in connection.execute(statement)
    ]


def _photos(connection: Connection, merchant_id: str, catalog: str) -> list[Why]:
    statement = (
        select(source_images.c.error, func.count().label("number"))
        .join(offers, offers.c.image_id == source_images.c.image_id)
        .where(*_listed(merchant_id, catalog))
        .where(source_images.c.sha256.is_(None), source_images.c.error != "")
        .group_by(source_images.c.error)
        .order_by(func.count().desc(), source_images.c.error)
        .limit(_MOST_REASONS)
    )
    return [
        Why(standing="none", reason=f"photo: {row.error}", count=row.number, what="offers",
            show="photo")
        for row in connection.execute(statement)
    ]  # fmt: skip


def _stopped(connection: Connection, merchant_id: str, catalog: str) -> list[Why]:
    statement = (
        select(func.count())
        .select_from(offers)
        .join(controls, and_(controls.c.merchant_id == merchant_id,
                             controls.c.name == offers.c.offer_id))
        .where(*_listed(merchant_id, catalog), controls.c.scope == "offer")
    )  # fmt: skip
    count = int(connection.execute(statement).scalar_one())
    if not count:
        return []
    return [Why(standing="none", reason="stopped by hand", count=count, what="orders",
                show="stopped")]  # fmt: skip
