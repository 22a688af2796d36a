"""All stages of a training, one after another, in a given time, and again after every stop."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kirakat.training.tiny.batches import LatentPool
from kirakat.training.tiny.budget import (
    SHARES,
    Plan,
    autoencoder_seconds,
    diffusion_seconds,
    distillation_seconds,
    fitting,
    load_plan,
    with_steps,
)
from kirakat.training.tiny.export import averaged_modules
from kirakat.training.tiny.memorising import Pixels
from kirakat.training.tiny.workshop import Workshop

# Checkpoints so far apart in seconds; as many notes of a stage.
_SAVE_SECONDS = 60.0
_NOTES = 100
# Pictures between two notes of a stage that counts them.
_COUNTED = 200
# Pictures of a sheet, and a row.
_SHEET, _COLUMNS = 24, 6


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something to tell who waits."""

    stage: str
    text: str


class _OutOfTime(Exception):  # noqa: N818  not an error: the end of a visit
    """The time of this visit is over; everything is saved."""


@dataclass(kw_only=True)
class _Visit:
    """One run of the command: what is planned, and until when it may take."""

    workshop: Workshop
    out: Path
    plan: Plan
    # Seconds of the whole training; 0: the steps of the configuration.
    seconds: float
    deadline: float
    pool: LatentPool | None = None

    def shared_pool(self) -> LatentPool:
        """The encoded renders, read once for both stages."""
        self.pool = self.pool or self.workshop.pool()
        return self.pool


def train_all(
    workshop: Workshop, out: Path, *, minutes: float = 0.0, stop_after: float = 0.0
) -> Iterator[Note]:
    """Train, measure and export to `out` and `out`-distilled, going on where it was stopped.

    `minutes` is the time of the whole training: each stage is measured first, and its steps,
    written to plan.json, fill its share. After `stop_after` minutes everything is saved and the
    call ends; 0: never. The last note says whether it is finished.
    """
    deadline = time.monotonic() + 60 * stop_after if stop_after else float("inf")
    visit = _Visit(
        workshop=workshop,
        out=out,
        plan=load_plan(workshop.folder),
        seconds=60 * minutes,
        deadline=deadline,
    )
    try:
        for stage, run in _STAGES.items():
            if stage not in visit.plan.done:
                yield from run(visit)
                visit.plan.done.append(stage)
                visit.plan.save()
    except _OutOfTime:
        yield Note(stage="paused", text="saved; the same command goes on from here")
        return
    yield Note(stage="finished", text=f"{out} and {distilled_folder(out)}")


def distilled_folder(out: Path) -> Path:
    """Where the few-step weights go, beside the others."""
    return out.with_name(f"{out.name}-distilled")


def _composites(visit: _Visit) -> Iterator[Note]:
    if visit.workshop.scenes is None:
        yield Note(stage="composites", text="none, without scenes")
        return
    yield from _counted(visit, "composites", visit.workshop.composites())


def _autoencoder(visit: _Visit) -> Iterator[Note]:
    shop = visit.workshop
    planned = _planned(visit, "autoencoder", lambda: autoencoder_seconds(shop.config, shop.device))
    yield _plan_note(visit, "autoencoder")
    total = planned.config.autoencoder_training.steps
    yield from _followed(visit, "autoencoder", planned.autoencoder(), total)


def _encode(visit: _Visit) -> Iterator[Note]:
    yield from _counted(visit, "encode", visit.workshop.encode())


def _diffusion(visit: _Visit) -> Iterator[Note]:
    shop, pool = visit.workshop, visit.shared_pool()
    yield Note(stage="diffusion", text=f"{len(pool)} views of the renders")
    planned = _planned(
        visit, "diffusion", lambda: diffusion_seconds(shop.config, pool, shop.device)
    )
    yield _plan_note(visit, "diffusion")
    total = planned.config.diffusion_training.steps
    yield from _followed(visit, "diffusion", planned.diffusion(pool), total)


def _distil(visit: _Visit) -> Iterator[Note]:
    shop, pool = visit.workshop, visit.shared_pool()

    def seconds() -> float:
        teacher = averaged_modules(shop.config, shop.folder / "diffusion.pt")
        return distillation_seconds(shop.config, teacher, pool, shop.device)

    planned = _planned(visit, "distil", seconds)
    yield _plan_note(visit, "distil")
    steps = planned.config.distillation
    total = steps.stage_steps * len(steps.stages)
    yield from _followed(visit, "distil", planned.distil(pool), total)


def _evaluate(visit: _Visit) -> Iterator[Note]:
    folder = visit.workshop.folder
    for name, distilled in (("diffusion", False), ("distilled", True)):
        _check_time(visit)
        found = dataclasses.asdict(visit.workshop.evaluate(distilled=distilled))
        path = folder / f"evaluation-{name}.json"
        path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
        yield Note(stage="evaluate", text=f"{name}: {json.dumps(found)}")
        sheet = folder / f"sheet-{name}.jpg"
        _save_sheet(visit.workshop.sheet(_SHEET, distilled=distilled), sheet)
        yield Note(stage="evaluate", text=f"{sheet}: look at it")


def _export(visit: _Visit) -> Iterator[Note]:
    for folder, distilled in ((visit.out, False), (distilled_folder(visit.out), True)):
        visit.workshop.export(folder, distilled=distilled)
        yield Note(stage="export", text=str(folder))


_STAGES: dict[str, Callable[[_Visit], Iterator[Note]]] = {
    "composites": _composites,
    "autoencoder": _autoencoder,
    "encode": _encode,
    "diffusion": _diffusion,
    "distil": _distil,
    "evaluate": _evaluate,
    "export": _export,
}


def _planned(visit: _Visit, stage: str, seconds_a_step: Callable[[], float]) -> Workshop:
    """The workshop with the stage's steps: those planned before, or those that fit now."""
    plan, shop = visit.plan, visit.workshop
    if not visit.seconds:
        return shop
    if stage not in plan.steps:
        plan.seconds[stage] = seconds_a_step()
        plan.steps[stage] = fitting(plan.seconds[stage], SHARES[stage] * visit.seconds)
        plan.save()
    save_every = max(1, round(_SAVE_SECONDS / plan.seconds[stage]))
    config = with_steps(shop.config, stage, plan.steps[stage])
    return replace(shop, config=config, save_every=save_every)


def _plan_note(visit: _Visit, stage: str) -> Note:
    if stage not in visit.plan.steps:
        return Note(stage=stage, text="steps as configured")
    steps, seconds = visit.plan.steps[stage], visit.plan.seconds[stage]
    return Note(stage=stage, text=f"{steps} steps of {seconds:.4f} s")


def _followed(
    visit: _Visit, stage: str, steps: Generator[Any, None, None], total: int
) -> Iterator[Note]:
    """Notes on some of the steps; leaves them, which saves, when the time is over."""
    every = max(1, total // _NOTES)
    with closing(steps):
        for step in steps:
            if step.step % every == 0:
                yield Note(stage=stage, text=f"step {step.step}/{total}  loss {step.loss:.4f}")
            _check_time(visit)


def _counted(visit: _Visit, stage: str, counts: Generator[int, None, None]) -> Iterator[Note]:
    """A note now and then of how many pictures are done; leaves them when the time is over."""
    with closing(counts):
        for count in counts:
            if count % _COUNTED == 0:
                yield Note(stage=stage, text=f"{count} pictures")
            _check_time(visit)


def _check_time(visit: _Visit) -> None:
    if time.monotonic() > visit.deadline:
        raise _OutOfTime


def _save_sheet(pictures: list[Pixels], path: Path) -> None:
    """A contact sheet of equal pictures."""
    from PIL import Image

    rows = [np.concatenate(pictures[at : at + _COLUMNS], 1) for at in range(0, _SHEET, _COLUMNS)]
    Image.fromarray(np.concatenate(rows)).save(path, quality=90)
