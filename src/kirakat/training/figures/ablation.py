"""What each part of step 4 gives and costs: one part at a time is added or taken away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from kirakat.quality.contact import contact_score
from kirakat.quality.halo import halo
from kirakat.stats.intervals import Interval
from kirakat.store.stage_cache import memory_cache
from kirakat.training.figures.arms import Arm, Case, Picture, Studios, draw
from kirakat.training.figures.intervals import by_product, mean_of
from kirakat.training.figures.measures import find_object
from kirakat.types import Recipe, Sampling

STRENGTHS = (0.2, 0.35, 0.5, 0.7, 1.0)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one picture of the ablation measures."""

    product: str
    arm: str
    # Of the generator's picture before the cut, and of the finished one as the gate measures it.
    # What stands in the scene that was started from counts in neither.
    expansion: float
    finished: float
    # Of the finished picture, with the arm's shadow.
    halo: float
    contact: float | None
    # Generator alone, wall clock.
    seconds: float


@dataclass(frozen=True, kw_only=True)
class TrialRow:
    """One line of the table; means over products with 95 % intervals."""

    arm: str
    pictures: int
    expansion: Interval | None
    finished: Interval | None
    halo: Interval | None
    contact: Interval | None
    # Median of the generator's seconds.
    seconds: float


def ablation_arms(noise: Sampling, recipe: Recipe) -> tuple[Arm, ...]:
    """From noise part by part, from scenes at all strengths, and the shadow on and off.

    Strength 1 from a scene overwrites it, so it shows what the scene's light and shadow alone
    are worth. Scene arms take the model's change as it is, unsmoothed; the recipe's own
    smoothing closes the list.
    """
    bare = replace(noise, control_scale=0.0, image_scale=0.0)
    edges = replace(noise, image_scale=0.0)
    table = recipe.sampling
    return (
        Arm(name="noise: no edges", start="noise", sampling=bare, contour=False),
        Arm(name="noise: edges", start="noise", sampling=edges, contour=False),
        Arm(name="noise: + contour", start="noise", sampling=edges),
        Arm(name="noise: + conditioning", start="noise", sampling=noise),
        Arm(
            name="noise: + control end .6", start="noise", sampling=replace(noise, control_end=0.6)
        ),
        Arm(name="noise: shadow off", start="noise", sampling=noise, shadow="none"),
        *(
            Arm(
                name=f"scene: strength {strength:g}",
                start="scene",
                sampling=replace(table, strength=strength),
                smoothing=0.0,
            )
            for strength in STRENGTHS
        ),
        Arm(name="scene: the recipe", start="scene", sampling=table),
        Arm(name="scene: shadow off", start="scene", sampling=table, shadow="none"),
    )


def run_trials(
    cases: Sequence[Case], arms: Sequence[Arm], studios: Studios
) -> Iterator[tuple[Picture, Trial]]:
    """Every arm of every case, drawn anew so that seconds are true, after one to warm up."""
    fresh = replace(studios, main=replace(studios.main, cache=memory_cache()))
    _warm_up(cases[0], arms[0], fresh)
    for case in cases:
        for arm in arms:
            started = perf_counter()
            (picture,) = draw([case], arm, fresh)
            seconds = picture.rendered.render.seconds or perf_counter() - started
            yield picture, _trial(picture, seconds, studios)


def trial_row(trials: Sequence[Trial], arm: str) -> TrialRow:
    """An arm's line."""
    rows = [trial for trial in trials if trial.arm == arm]
    return TrialRow(
        arm=arm,
        pictures=len(rows),
        expansion=_mean([(row.product, row.expansion) for row in rows]),
        finished=_mean([(row.product, row.finished) for row in rows]),
        halo=_mean([(row.product, row.halo) for row in rows]),
        contact=_mean([(row.product, row.contact) for row in rows]),
        seconds=float(np.median([row.seconds for row in rows])) if rows else 0.0,
    )


def _warm_up(case: Case, arm: Arm, studios: Studios) -> None:
    short = replace(arm, sampling=replace(arm.sampling, steps=1))
    list(draw([case], short, studios))


def _trial(picture: Picture, seconds: float, studios: Studios) -> Trial:
    prepared, segmenter = picture.rendered.prepared, studios.main.segmenter
    matte, start = prepared.product, prepared.request.init
    return Trial(
        product=picture.case.product.name,
        arm=picture.arm.name,
        expansion=find_object(picture.drawn, matte, segmenter, untouched=start).expansion,
        finished=find_object(picture.finished, matte, segmenter, untouched=start).expansion,
        halo=halo(picture.finished, matte),
        contact=contact_score(picture.finished, matte, prepared.layout),
        seconds=seconds,
    )


def _mean(pairs: Sequence[tuple[str, float | None]]) -> Interval | None:
    return mean_of(list(by_product(pairs).values()))
