"""Cost against the size of the catalogue, as a plot."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kirakat.cost.count_work import WorkCounts
from kirakat.cost.plan import REVIEW, Assumptions, make_plan
from kirakat.cost.tables import Prices, Timings
from kirakat.errors import MissingExtraError

_LINES = (
    ("price", "everything", "-o"),
    ("machines", "machines", "--s"),
    ("machines_unshared", "machines, nothing shared or grouped", ":^"),
    ("people", "people who review", "-.x"),
)
SIZES = (1_000, 10_000, 100_000, 1_000_000)


@dataclass(frozen=True, kw_only=True)
class Point:
    """The price of one size of catalogue."""

    offers: int
    machine_hours: float
    # All of it, and of that the machines' and the people's part.
    price: float
    machines: float
    people: float
    # The machines' part if nothing were shared or grouped.
    machines_unshared: float


def cost_curve(
    counts: WorkCounts,
    timings: Timings,
    prices: Prices,
    assumed: Assumptions,
    sizes: Sequence[int] = SIZES,
) -> tuple[Point, ...]:
    """The plan of catalogues of other sizes that are otherwise like the one that was counted."""
    points = []
    for size in sizes:
        plan = make_plan(_scaled(counts, size / counts.offers), timings, prices, assumed)
        machines = sum(line.price for line in plan.lines if line.machine_hours)
        points.append(
            Point(
                offers=size,
                machine_hours=plan.machine_hours,
                price=plan.price,
                machines=machines,
                people=sum(line.price for line in plan.lines if line.name == REVIEW),
                machines_unshared=machines + sum(one.price for one in plan.savings if one.at_once),
            )
        )
    return tuple(points)


def draw_curve(points: Sequence[Point], currency: str) -> bytes:
    """A PNG, readable in black and white. Raises `MissingExtraError` without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingExtraError("matplotlib", "experiments") from error
    figure = Figure(figsize=(6.4, 4.0), dpi=150, layout="constrained")
    axes = figure.subplots()
    sizes = [point.offers for point in points]
    for name, label, style in _LINES:
        values = [getattr(point, name) for point in points]
        if any(values):
            axes.loglog(sizes, values, style, color="black", label=label)
    axes.set_xlabel("offers")
    axes.set_ylabel(currency)
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(frameon=False)
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()


def _scaled(counts: WorkCounts, factor: float) -> WorkCounts:
    names = ("offers", "images", "masks_unshared", "renders", "renders_ungrouped",
             "renders_unshared", "without_prompt")  # fmt: skip
    numbers = {name: round(getattr(counts, name) * factor) for name in names}
    made = {name: round(count * factor) for name, count in counts.creatives.items()}
    return replace(counts, **numbers, creatives=made)
