"""The experiments' results as tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table

from kirakat.stats.intervals import Interval
from kirakat.training.figures.ablation import TrialRow
from kirakat.training.figures.diversity import DiversityTable, Lookalikes
from kirakat.training.figures.expansion_by_arm import ArmRow
from kirakat.training.figures.palette_shift import ShiftTable

# Field, heading, format.
_ARM_COLUMNS = (
    ("expansion", "expansion", ".1%"),
    ("union", "union", ".1%"),
    ("extended", "over 5 %", ".0%"),
    ("product_found", "product found", ".0%"),
    ("recognised", "recognised", ".0%"),
    ("halo", "halo", ".1f"),
    ("rim_contrast", "rim contrast", ".1f"),
    ("floating", "floating", ".0%"),
)
_SHIFT_COLUMNS = ("without", "conditioned", "difference", "elsewhere", "own_part")


def show(interval: Interval | None, form: str) -> str:
    """An estimate with its limits; `form` is a format such as ".1%"."""
    if interval is None:
        return "not estimable"
    return f"{interval.value:{form}} ({interval.low:{form}} to {interval.high:{form}})"


def arm_table(rows: Sequence[ArmRow]) -> Table:
    """Figure 1; n is pictures/products."""
    headings = [heading for _, heading, _ in _ARM_COLUMNS]
    table = Table("arm", "n", *headings, "seconds", title="Figure 1")
    for row in rows:
        cells = [show(getattr(row, name), form) for name, _, form in _ARM_COLUMNS]
        table.add_row(row.arm, f"{row.pictures}/{row.products}", *cells, f"{row.seconds:.1f}")
    return table


def shift_table_of(shifts: Mapping[str, ShiftTable]) -> Table:
    """Figure 2, a line a way to start."""
    table = Table("start", "pairs", *_SHIFT_COLUMNS, "ratio", title="Figure 2, CIE76")
    for start, found in shifts.items():
        cells = [show(getattr(found, name), ".2f") for name in _SHIFT_COLUMNS]
        counts = f"{found.pairs}/{found.products}"
        table.add_row(start, counts, *cells, show(found.ratio, ".3f"))
    return table


def trial_table(rows: Sequence[TrialRow]) -> Table:
    """The ablation."""
    names = ("arm", "n", "before the cut", "finished", "halo", "contact", "seconds")
    table = Table(*names, title="Ablation")
    for row in rows:
        table.add_row(
            row.arm,
            str(row.pictures),
            show(row.expansion, ".1%"),
            show(row.finished, ".1%"),
            show(row.halo, ".1f"),
            show(row.contact, ".2f"),
            f"{row.seconds:.1f}",
        )
    return table


def pool_table(found: DiversityTable, title: str) -> Table:
    """Distances by category and over all products."""
    names = ("category", "products", "prompts", "prompts apart", "seeds apart", "ratio")
    table = Table(*names, title=f"Pool diversity, {title}")
    for row in found.rows:
        counts = (row.category, str(row.products), str(row.prompts))
        table.add_row(*counts, f"{row.prompts_apart:.3f}", f"{row.seeds_apart:.3f}", "")
    apart = (show(found.prompts_apart, ".3f"), show(found.seeds_apart, ".3f"))
    table.add_row("all", "", "", *apart, show(found.ratio, ".2f"))
    return table


def describe_pair(pair: Lookalikes) -> str:
    """Two arms that look alike, in words."""
    return (
        f"alike in {pair.category}: {pair.first} and {pair.second} "
        f"({pair.distance:.3f} apart; usual {pair.usual:.3f})"
    )
