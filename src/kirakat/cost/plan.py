"""What a catalogue will cost before anything is generated, and what each saving is worth."""

from __future__ import annotations

from dataclasses import dataclass

from kirakat.cost.count_work import WorkCounts
from kirakat.cost.tables import Prices, Timings

_HOUR = 3600.0

REVIEW = "review by people"
_SECOND_RUN = "finished work kept, second run"


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What a plan takes for granted beside counts, timings and prices."""

    # Machines that work side by side.
    workers: int = 1
    # Renders made again because the gate rejected the first, for each render.
    retries: float = 0.05
    # Share of creatives that a person looks at.
    reviewed: float = 0.0
    # Mean size of a finished image in bytes.
    image_bytes: float = 100_000.0
    months: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the plan: how often, how long, how dear."""

    name: str
    count: float
    machine_hours: float
    price: float


@dataclass(frozen=True, kw_only=True)
class Saving:
    """What the whole would cost without one of the caches or groupings."""

    name: str
    machine_hours: float
    price: float
    # Price without it over price with it.
    factor: float
    # False for what only a second run saves.
    at_once: bool


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The whole plan."""

    counts: WorkCounts
    lines: tuple[Line, ...]
    savings: tuple[Saving, ...]
    machine: str
    currency: str
    # False when the timings were never measured.
    measured: bool
    source: str
    workers: int
    gigabytes: float

    @property
    def machine_hours(self) -> float:
        """Hours of one machine."""
        return sum(line.machine_hours for line in self.lines)

    @property
    def price(self) -> float:
        """Everything, in `currency`."""
        return sum(line.price for line in self.lines)

    @property
    def hours(self) -> float:
        """Hours until the last creative is ready."""
        return self.machine_hours / self.workers


def make_plan(counts: WorkCounts, timings: Timings, prices: Prices, assumed: Assumptions) -> Plan:
    """The plan for counted work. Raises `CostError` when the machine has no price."""
    hour = prices.hour(timings.machine)
    lines = _lines(counts, timings, assumed, hour)
    gigabytes = counts.finished * assumed.image_bytes / 1e9
    reviewed = counts.finished * assumed.reviewed
    lines += (
        Line(name="store", count=counts.finished, machine_hours=0.0,
             price=gigabytes * prices.storage_month * assumed.months),
        Line(name=REVIEW, count=reviewed, machine_hours=0.0,
             price=reviewed * prices.review),
    )  # fmt: skip
    return Plan(
        counts=counts,
        lines=lines,
        savings=_savings(counts, timings, assumed, hour),
        machine=timings.machine,
        currency=prices.currency,
        measured=timings.measured,
        source=timings.source,
        workers=assumed.workers,
        gigabytes=gigabytes,
    )


def _lines(
    counts: WorkCounts, timings: Timings, assumed: Assumptions, hour: float
) -> tuple[Line, ...]:
    renders = counts.renders * (1 + assumed.retries)
    work = (
        ("mask", counts.images, timings.mask),
        ("place and prepare", renders, timings.prepare),
        ("generate", renders, timings.generate),
        ("check", renders, timings.check),
        ("finish", counts.finished, timings.finish),
    )
    return tuple(
        Line(name=name, count=count, machine_hours=count * seconds / _HOUR,
             price=count * seconds / _HOUR * hour)
        for name, count, seconds in work
    )  # fmt: skip


def _savings(
    counts: WorkCounts, timings: Timings, assumed: Assumptions, hour: float
) -> tuple[Saving, ...]:
    """The same work if one thing at a time were not done."""
    render = (timings.prepare + timings.generate + timings.check) * (1 + assumed.retries)
    now = counts.images * timings.mask + counts.renders * render + counts.finished * timings.finish
    extra = {
        "one render for all placements of a ratio": (counts.renders_ungrouped - counts.renders)
        * render,
        "one matte an image": (counts.finished - counts.images) * timings.mask,
        "offers that share an image": (counts.masks_unshared - counts.images) * timings.mask
        + (counts.renders_unshared - counts.renders) * render,
        _SECOND_RUN: now,
    }
    return tuple(
        Saving(
            name=name,
            machine_hours=seconds / _HOUR,
            price=seconds / _HOUR * hour,
            factor=(now + seconds) / now if now else 1.0,
            at_once=name != _SECOND_RUN,
        )
        for name, seconds in extra.items()
    )
