"""What a finished run took: timings for the next plan, and planned against actual."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kirakat.cost.plan import Plan
from kirakat.cost.tables import Timings
from kirakat.errors import CostError

# Steps of a manifest's row that belong to its render, and those of the creative itself.
_OF_RENDER = {"generate": "generate", "measure expansion": "check"}
_OF_CREATIVE = ("cut back", "encode", "check")


@dataclass(frozen=True, kw_only=True)
class MeasuredRun:
    """A run in sums. What came from a cache counts as made, but has no seconds."""

    creatives: int
    # Creatives whose steps were timed, and different renders among them.
    timed: int
    renders: int
    timed_renders: int
    # Renders that were drawn again after a rejection.
    redrawn: int
    bytes: int
    generate: float
    check: float
    finish: float


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One figure, planned and actual."""

    name: str
    planned: float
    actual: float

    @property
    def ratio(self) -> float | None:
        """Actual over planned; None when nothing was planned."""
        return self.actual / self.planned if self.planned else None


def read_run(path: Path) -> MeasuredRun:
    """The sums of `manifest.jsonl`. Raises `CostError` when nothing can be read from it."""
    sums = dict.fromkeys(("generate", "check", "finish"), 0.0)
    creatives = timed = size = redrawn = 0
    renders: set[str] = set()
    timed_renders: set[str] = set()
    for row in _rows(path):
        creatives, size = creatives + 1, size + int(row["bytes"])
        render = row["certificate"].get("render_key")
        if render:
            redrawn += bool(row["attempt"]) and render not in renders
            renders.add(render)
        if not row["seconds"] or row["cached"]:
            continue
        timed += 1
        if render:
            timed_renders.add(render)
        for step, name in _OF_RENDER.items():
            sums[name] += row["seconds"].get(step, 0.0)
        sums["finish"] += sum(row["seconds"].get(step, 0.0) for step in _OF_CREATIVE)
    if not creatives:
        raise CostError(f"{path}: it has no creative")
    return MeasuredRun(
        creatives=creatives, timed=timed, renders=len(renders), timed_renders=len(timed_renders),
        redrawn=redrawn, bytes=size, **sums,
    )  # fmt: skip


def calibrated(timings: Timings, run: MeasuredRun, *, machine: str | None = None) -> Timings:
    """The timings with what a run measured. Masks and layouts are not in a manifest: they stay.

    Raises `CostError` for a run that came whole from a cache.
    """
    if not run.timed or not run.timed_renders:
        raise CostError("everything in that run came from a cache; calibrate with a fresh one")
    return replace(
        timings,
        machine=machine or timings.machine,
        measured=True,
        source=f"a run of {run.timed} creatives; mask and prepare as before ({timings.source})",
        generate=run.generate / run.timed_renders,
        check=run.check / run.timed_renders,
        finish=run.finish / run.timed,
    )


def compare(plan: Plan, run: MeasuredRun) -> tuple[Compared, ...]:
    """Planned against actual, for what a manifest records; seconds of a wholly fresh run only."""
    rows = (
        Compared(name="creatives", planned=plan.counts.finished, actual=run.creatives),
        Compared(name="renders", planned=plan.counts.renders, actual=run.renders),
        Compared(name="gigabytes", planned=plan.gigabytes, actual=run.bytes / 1e9),
    )
    if run.timed < run.creatives:
        return rows
    hours = {line.name: line.machine_hours * 3600 for line in plan.lines}
    return rows + tuple(
        Compared(name=f"seconds to {step}", planned=hours[step], actual=getattr(run, step))
        for step in ("generate", "check", "finish")
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as lines:
            # A stopped run may end in half a line.
            yield from (json.loads(line) for line in lines if line.endswith("\n"))
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise CostError(f"{path}: {error}") from error
