"""Whether finished pictures show the palette and the lighting that their prompts ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kirakat.stats.intervals import Interval
from kirakat.training.figures.arms import Case, Picture
from kirakat.training.figures.intervals import by_product, mean_of
from kirakat.training.figures.scene_classifier import Trained, background_features


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a prompt asked for, and what the classifier sees."""

    product: str
    asked: frozenset[str]
    seen: str


@dataclass(frozen=True, kw_only=True)
class Adherence:
    """Accuracy over pictures, with a 95 % interval over products, against chance."""

    pictures: int
    accuracy: Interval | None
    # What the same answers score when they are dealt out to the pictures at random.
    chance: float


def adherent_cases(cases: Sequence[Case], names: frozenset[str], kind: str) -> list[Case]:
    """The cases whose prompt asks for some of `names`; `kind` is palettes or lightings."""
    return [case for case in cases if _asked(case, kind) & names]


def ask(picture: Picture, trained: Trained, kind: str) -> Answer:
    """The answer for a finished picture by a classifier that never saw the scene in it."""
    matte = picture.rendered.prepared.product
    classifier = trained.unaware_of(picture.rendered.render.scene_id)
    return Answer(
        product=picture.case.product.name,
        asked=_asked(picture.case, kind),
        seen=classifier.tell(background_features(picture.finished, matte)),
    )


def adherence_table(answers: Sequence[Answer]) -> Adherence:
    """Hits against chance."""
    hits = [(answer.product, float(answer.seen in answer.asked)) for answer in answers]
    dealt = [other.seen in answer.asked for answer in answers for other in answers]
    return Adherence(
        pictures=len(answers),
        accuracy=mean_of(list(by_product(hits).values())),
        chance=float(np.mean(dealt)) if dealt else 0.0,
    )


def _asked(case: Case, kind: str) -> frozenset[str]:
    wanted: frozenset[str] = getattr(case.prompt.prompt.scene, kind)
    return wanted
