"""`report.html`: one file that shows a run to people, with nothing loaded from elsewhere.

Everything that comes from feeds, prompts and models is untrusted text: the templates escape
it, and a content security policy lets no script run but the page's own.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from kirakat.output.offer_view import OfferView, category_origin
from kirakat.output.summary import RunSummary
from kirakat.types import Rejection

REJECTIONS_SHOWN: Final = 200


@dataclass(frozen=True, kw_only=True)
class StepTime:
    """One segment of the bar of machine time."""

    name: str
    seconds: float
    # Shares of the whole in percent.
    share: float
    start: float


@dataclass(frozen=True, kw_only=True)
class CategoryCount:
    """How many offers one category has."""

    category: str
    found_by: str
    offers: int


def render_report(
    summary: RunSummary,
    offers: Sequence[OfferView],
    rejections: Sequence[Rejection],
    *,
    notes: Sequence[str] = (),
) -> str:
    """The page's HTML. `rejections` may be the first few of `summary.rejected`."""
    environment = _environment()
    script = environment.get_template("report.js").render()
    return environment.get_template("report.html.j2").render(
        summary=summary,
        offers=offers,
        rejections=rejections,
        notes=notes,
        shown=_verdicts(offers),
        steps=step_times(summary),
        categories=[
            CategoryCount(category=category, found_by=category_origin(found), offers=count)
            for (category, found), count in summary.categories.items()
        ],
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
    )


def step_times(summary: RunSummary) -> list[StepTime]:
    """Machine time by step as segments of one bar; steps that took none are left out."""
    total = sum(summary.seconds_by_step.values())
    segments: list[StepTime] = []
    start = 0.0
    for name, seconds in summary.seconds_by_step.items():
        if seconds > 0:
            share = 100 * seconds / total
            segments.append(StepTime(name=name, seconds=seconds, share=share, start=start))
            start += share
    return segments


def _verdicts(offers: Sequence[OfferView]) -> Counter[str]:
    return Counter(
        creative.verdict
        for offer in offers
        for group in offer.groups
        for creative in group.creatives
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("kirakat.output"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"duration": duration, "filesize": filesize, "moment": moment}
    return environment


def duration(seconds: float) -> str:
    """Such as "0.42 s", "8.1 s", "3 min 05 s" or "2 h 14 min"."""
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60:,} h {minutes % 60:02d} min"


def filesize(count: int) -> str:
    """Bytes in decimal units, as placements state their caps."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def moment(time: datetime) -> str:
    """Such as "14 November 2026, 10:32 UTC"."""
    return f"{time.day} {time:%B %Y, %H:%M %Z}".rstrip()
