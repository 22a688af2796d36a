"""The report's plots: in shapes and greys, so that a printer without colours loses nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from kirakat.errors import MissingExtraError
from kirakat.experiments.report_facts import (
    ComparisonFacts,
    ExperimentFacts,
    LiftRow,
    Panel,
    SliceRow,
)
from kirakat.experiments.report_words import PANEL_TITLES, lift, limits
from kirakat.stats.estimate import Estimate, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK: Final = "#201e1a"
MUTED: Final = "#69645b"
LINE: Final = "#d8d3c8"
BAND: Final = "#c9d4dd"
ACCENT: Final = "#27485f"
_PANELS: Final[tuple[Panel, ...]] = (
    "phase 1", "phase 2 recipes", "phase 2 original", "phase 3",
)  # fmt: skip
_STYLE: Final[dict[Any, Any]] = {
    "font.size": 9.5, "axes.titlesize": 10.5, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "axes.edgecolor": LINE, "axes.labelcolor": MUTED,
    "text.color": INK, "xtick.color": MUTED, "ytick.color": INK, "axes.spines.top": False,
    "axes.spines.right": False, "axes.spines.left": False,
    "figure.facecolor": "white", "axes.facecolor": "white", "xtick.labelsize": 8.5,
}  # fmt: skip


@dataclass(frozen=True)
class _Line:
    """One estimate of a forest plot."""

    label: str
    result: Result
    truth: float | None = None
    is_total: bool = False
    # Not final: its interval is that of the confidence sequence.
    is_hollow: bool = False


def draw_figure_4(rows: Sequence[LiftRow]) -> Figure:
    """The paper's 2x2 panel of relative gains in click-through rate; one panel if one is filled."""
    with _styled() as figure_of:
        found = {panel: [row for row in rows if row.panel == panel] for panel in _PANELS}
        span = _span([row.lift for row in rows], [row.truth for row in rows])
        filled = [panel for panel in _PANELS if found[panel]]
        if len(filled) == 1:
            figure = figure_of((8.0, 1.2 + 0.36 * len(found[filled[0]])))
            _draw_panel(figure.subplots(), filled[0], found[filled[0]], span)
        else:
            upper = max(len(found[_PANELS[0]]), len(found[_PANELS[1]]), 2)
            lower = max(len(found[_PANELS[2]]), len(found[_PANELS[3]]), 2)
            figure = figure_of((11.0, 1.9 + 0.36 * (upper + lower)))
            axes = figure.subplots(2, 2, gridspec_kw={"height_ratios": [upper + 1, lower + 1]})
            for axis, panel in zip(axes.flat, _PANELS, strict=True):
                _draw_panel(axis, panel, found[panel], span)
        told = "relative change of the click-through rate with its interval"
        if any(row.truth is not None for row in rows):
            told += "; diamonds: the simulated truth"
        figure.supxlabel(told, fontsize=9.5, color=MUTED)
        return figure  # fmt: skip


def draw_timeline(facts: ComparisonFacts) -> Figure:
    """The lift as it became known, with the band that holds at every look."""
    with _styled() as figure_of:
        figure = figure_of((7.6, 3.1))
        axis = figure.subplots()
        looks = [look for look in facts.looks if isinstance(look.sequence, Estimate)]
        if not looks:
            _nothing(axis)
            return figure
        days: Any = [look.day for look in looks]
        band = [look.sequence for look in looks if isinstance(look.sequence, Estimate)]
        fixed = [look.fixed for look in looks]
        low, high = [100 * item.low for item in band], [100 * item.high for item in band]
        axis.fill_between(days, low, high, color=BAND, linewidth=0, label="holds at every look")
        axis.plot(days, low, color=ACCENT, linewidth=0.8)
        axis.plot(days, high, color=ACCENT, linewidth=0.8)
        for when, item in zip(days, fixed, strict=True):
            if isinstance(item, Estimate):
                axis.plot([when, when], [100 * item.low, 100 * item.high], color=INK, linewidth=1.1)
        axis.plot(
            days,
            [100 * item.value for item in band],
            "o-",
            color=INK,
            markersize=3.5,
            linewidth=1.0,
            label="lift, with the interval of a single look",
        )
        _reference_lines(axis, facts.headline.truth)
        _dates(axis)
        axis.set_xlim(days[0] - timedelta(days=1), days[-1] + timedelta(days=1))
        # Early bands are wide and hide all others.
        far = 100 * max(abs(band[len(band) // 4].low), abs(band[len(band) // 4].high))
        middle = 100 * band[-1].value
        axis.set_ylim(min(middle, 0) - far, max(middle, 0) + far)
        axis.set_ylabel("relative change, %")
        axis.grid(axis="y", color=LINE, linewidth=0.5)
        axis.legend(frameon=False, fontsize=8.5, loc="upper right", ncols=3)
        return figure  # fmt: skip


def draw_slices(facts: ComparisonFacts, rows: Sequence[SliceRow]) -> Figure:
    """The lift in each part of the traffic, beside the whole's."""
    with _styled() as figure_of:
        figure = figure_of((7.6, 0.9 + 0.33 * (len(rows) + 1)))
        axis = figure.subplots()
        lines = [_Line("all", facts.headline.lift, is_total=True)]
        lines += [
            _Line(f"{row.dimension.replace('_', ' ')}: {row.value}", row.result) for row in rows
        ]
        _forest(axis, lines, _span([line.result for line in lines], []))
        axis.set_xlabel("relative change of the click-through rate with its interval")
        return figure


def draw_funnel(facts: ExperimentFacts) -> Figure:
    """From users to conversions, by variant; each a mark of its own."""
    with _styled() as figure_of:
        figure = figure_of((7.6, 2.7))
        axis = figure.subplots()
        stages = ("users", "impressions", "made pictures shown", "clicks", "conversions")
        for number, variant in enumerate(facts.variants):
            made = sum(count for name, count in variant.served.items() if name != "original")
            counts = (variant.users, variant.impressions, made, variant.clicks, variant.conversions)
            at = [
                len(stages) - i - (number - (len(facts.variants) - 1) / 2) * 0.2
                for i in range(len(stages))
            ]
            points = [(x, y) for x, y in zip(counts, at, strict=True) if x]
            axis.plot(
                [x for x, _ in points],
                [y for _, y in points],
                "osD^v*"[number % 6],
                color=INK,
                markerfacecolor=(INK, "white", "#8f8a80")[number % 3],
                markersize=6.5,
                label=variant.name,
            )
        axis.set_xscale("log")
        axis.set_yticks([len(stages) - i for i in range(len(stages))], stages)
        axis.set_ylim(0.4, len(stages) + 0.6)
        axis.tick_params(left=False)
        axis.grid(color=LINE, linewidth=0.5)
        axis.xaxis.set_major_formatter(_count_tick)
        axis.set_xlabel("how many (logarithmic)")
        axis.legend(
            frameon=False, fontsize=8.5, loc="upper center", bbox_to_anchor=(0.5, 1.16), ncols=6
        )
        return figure  # fmt: skip


def as_svg(figure: Figure) -> bytes:
    """The picture as SVG, sharp at any size; the same bytes for the same figure."""
    from matplotlib import rc_context

    stream = BytesIO()
    # Ids of shapes are random without a salt.
    with rc_context({"svg.hashsalt": "kirakat"}):
        figure.savefig(stream, format="svg", bbox_inches="tight", metadata={"Date": None})
    return stream.getvalue()


def as_png(figure: Figure) -> bytes:
    """The picture as PNG, 200 dots an inch."""
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=200, bbox_inches="tight")
    return stream.getvalue()


@contextmanager
def _styled() -> Iterator[Callable[[tuple[float, float]], Figure]]:
    """A maker of figures (size in inches) that belong to no window."""
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingExtraError("matplotlib", "experiments") from error
    with rc_context(_STYLE):
        yield lambda size: Figure(figsize=size, layout="constrained")


def _label(row: LiftRow) -> str:
    return row.catalog or row.treated


def _draw_panel(
    axis: Axes, panel: Panel, rows: Sequence[LiftRow], span: tuple[float, float]
) -> None:
    axis.set_title(PANEL_TITLES[panel])
    if not rows:
        _nothing(axis)
        return
    lines = [
        _Line(_label(row), row.lift, row.truth, is_total=not row.catalog,
              is_hollow=not row.is_final)
        for row in rows
    ]  # fmt: skip
    _forest(axis, lines, span)


def _forest(axis: Axes, lines: Sequence[_Line], span: tuple[float, float]) -> None:
    """Estimates with their intervals below each other, their numbers to the right."""
    heights = list(range(len(lines), 0, -1))
    axis.axvline(0.0, color=MUTED, linewidth=0.9)
    for height, line in zip(heights, lines, strict=True):
        _draw_line(axis, height, line)
    axis.set_yticks(heights, [line.label for line in lines])
    for text, line in zip(axis.get_yticklabels(), lines, strict=True):
        text.set_fontweight("bold" if line.is_total else "normal")
    axis.set_ylim(0.4, len(lines) + 0.6)
    axis.set_xlim(*span)
    axis.tick_params(left=False)
    axis.grid(axis="x", color=LINE, linewidth=0.5)
    axis.set_axisbelow(True)
    axis.xaxis.set_major_formatter(_percent_tick)


def _draw_line(axis: Axes, height: int, line: _Line) -> None:
    if line.truth is not None:
        axis.plot([100 * line.truth], [height], "D", markersize=10, markerfacecolor="white",
                  markeredgecolor=MUTED, markeredgewidth=1.1, zorder=2)  # fmt: skip
    told = "not estimable"
    if isinstance(line.result, Estimate):
        low, value, high = (
            100 * item for item in (line.result.low, line.result.value, line.result.high)
        )
        axis.plot([low, high], [height, height], color=INK, zorder=3, solid_capstyle="butt",
                  linewidth=2.2 if line.is_total else 1.3)  # fmt: skip
        axis.plot([value], [height], "o", color=INK, zorder=4,
                  markerfacecolor="white" if line.is_hollow else INK,
                  markersize=7.0 if line.is_total else 4.5)  # fmt: skip
        told = f"{lift(line.result)}  ({limits(line.result)})"
    axis.annotate(told, (1.02, height), xycoords=("axes fraction", "data"), va="center",
                  fontsize=8.5, annotation_clip=False,
                  fontweight="bold" if line.is_total else "normal")  # fmt: skip


def _count_tick(value: float, _position: float) -> str:
    return f"{value:,.0f}"


def _percent_tick(value: float, _position: float) -> str:
    return f"{value:+.0f} %" if value else "0"


def _span(results: Sequence[Result], truths: Sequence[float | None]) -> tuple[float, float]:
    """Limits in percent that hold every interval; one that is far too wide is cut off."""
    known = [item for item in results if isinstance(item, Estimate)]
    ends = [100 * end for item in known for end in (item.low, item.high)]
    ends += [100 * truth for truth in truths if truth is not None]
    ends = [end for end in ends if math.isfinite(end)]
    low, high = min([-2.0, *ends]), max([5.0, *ends])
    return max(low, -60.0) - 1.0, min(high, 120.0) + 1.0


def _reference_lines(axis: Axes, truth: float | None) -> None:
    axis.axhline(0.0, color=MUTED, linewidth=0.9)
    if truth is not None:
        axis.axhline(100 * truth, color=MUTED, linewidth=1.2, linestyle=(0, (5, 3)), label="truth")


def _dates(axis: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    # Neither has types.
    locator = AutoDateLocator(minticks=4, maxticks=8)  # type: ignore[no-untyped-call]
    axis.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
    axis.xaxis.set_major_formatter(formatter)


def _nothing(axis: Axes) -> None:
    axis.set_axis_off()
    axis.text(0.0, 0.5, "nothing to show", transform=axis.transAxes, color=MUTED)
