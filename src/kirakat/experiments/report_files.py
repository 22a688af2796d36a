"""Write a report: JSON for machines, one HTML file for people, PNG pictures for slides."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from kirakat.experiments import plots, report_words
from kirakat.experiments.report_facts import ComparisonFacts, ExperimentFacts, Report
from kirakat.experiments.report_words import headline, limits, row_name
from kirakat.stats.estimate import NotEstimable

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write `report.json`, `report.html` and a PNG of each plot; gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    pictures: dict[str, str] = {}
    alts: dict[str, tuple[str, str]] = {}
    for key, figure, label, alt in _figures(report):
        pictures[key] = _data_uri(plots.as_svg(figure))
        alts[key] = label, alt
        written.append(folder / f"{key}.png")
        written[-1].write_bytes(plots.as_png(figure))
    page = folder / "report.html"
    page.write_text(render_page(report, pictures, alts), encoding="utf-8")
    data = folder / "report.json"
    data.write_text(json.dumps(as_json(report), indent=2, allow_nan=False) + "\n", "utf-8")
    return [page, data, *written]


def render_page(report: Report, pictures: dict[str, str], alts: dict[str, tuple[str, str]]) -> str:
    """The page's HTML. `pictures`: data addresses by plot; `alts`: label and text of each."""
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            pictures=pictures,
            alts=alts,
            words=report_words,
            has_truth=any(row.truth is not None for row in report.rows),
        )
    )


def as_json(value: Any) -> Any:
    """Records as JSON values; what is not estimable becomes {"not_estimable": reason}."""
    if isinstance(value, NotEstimable):
        return {"not_estimable": value.reason}
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: as_json(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)


def _figures(report: Report) -> Iterator[tuple[str, Figure, str, str]]:
    """Key, picture, label and text of every plot."""
    rows = [row for row in report.rows if row.panel != "other"]
    if rows:
        told = "; ".join(f"{row_name(row)}: {_short(row.lift)}" for row in rows)
        label = "Relative gains in click-through rate, in four panels"
        yield "figure-4", plots.draw_figure_4(rows), label, f"{label}. {told}."
    for item in report.experiments:
        yield from _figures_of(item)


def _figures_of(item: ExperimentFacts) -> Iterator[tuple[str, Figure, str, str]]:
    name = item.experiment.name
    label = f"From users to conversions in {name}"
    alt = f"{label}, a mark for each variant on a logarithmic scale; the table has the numbers."
    yield f"{name}-funnel", plots.draw_funnel(item), label, alt
    for pair in item.comparisons:
        row = pair.headline
        key = f"{name}-{row.treated}-{row.control}"
        label = f"Lift of {row.treated} over {row.control}"
        yield f"{key}-timeline", plots.draw_timeline(pair), f"{label} by day", _timeline_alt(pair)
        if pair.slices:
            told = "; ".join(f"{part.value}: {_short(part.result)}" for part in pair.slices)
            alt = f"{label} by part of the traffic. {told}."
            yield f"{key}-slices", plots.draw_slices(pair, pair.slices), f"{label} by part", alt


def _timeline_alt(pair: ComparisonFacts) -> str:
    return (
        f"The lift and its confidence sequence day by day, over {len(pair.looks)} days. "
        f"At the end: {headline(pair.headline)}"
    )


def _short(result: Any) -> str:
    if isinstance(result, NotEstimable):
        return report_words.NOT_ESTIMABLE
    return f"{report_words.lift(result)} ({limits(result)})"


def _data_uri(svg: bytes) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("kirakat.experiments", "report_page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
