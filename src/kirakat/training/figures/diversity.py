"""Whether a pool's prompts differ by more than their seeds: equal arms teach a bandit nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from kirakat.stats.intervals import Interval
from kirakat.training.figures.arms import Picture
from kirakat.training.figures.descriptors import Description, describe_background, distance
from kirakat.training.figures.intervals import by_product, mean_of, paired_ratio

# Share of a pool's mean distance below which two of its arms look alike.
ALIKE = 0.5


@dataclass(frozen=True, kw_only=True)
class Described:
    """A picture's background, and what it was drawn for."""

    product: str
    category: str
    arm: str
    turn: int
    description: Description


@dataclass(frozen=True, kw_only=True)
class PoolRow:
    """One category's line; all distances in [0, 1]."""

    category: str
    products: int
    prompts: int
    # Means over products: between different prompts, each with a seed of its own as in the
    # pipeline, and between seeds of one prompt. Equal means: the prompt changes nothing.
    prompts_apart: float
    seeds_apart: float


@dataclass(frozen=True, kw_only=True)
class DiversityTable:
    """All categories, and over all products the ratio of the two distances."""

    rows: tuple[PoolRow, ...]
    prompts_apart: Interval | None
    seeds_apart: Interval | None
    ratio: Interval | None


@dataclass(frozen=True, kw_only=True)
class Lookalikes:
    """Two arms of a pool whose pictures hardly differ."""

    category: str
    first: str
    second: str
    distance: float
    # The pool's mean.
    usual: float


def describe(picture: Picture) -> Described:
    """The finished picture's background."""
    case, prepared = picture.case, picture.rendered.prepared
    return Described(
        product=case.product.name,
        category=case.product.subject.category,
        arm=case.prompt.prompt.arm,
        turn=case.turn,
        description=describe_background(picture.finished, prepared.product),
    )


def diversity_table(described: Sequence[Described]) -> DiversityTable:
    """Distances by category and over all products."""
    prompts, seeds = _means(_prompt_pairs(described)), _means(_seed_pairs(described))
    rows = []
    for category in dict.fromkeys(item.category for item in described):
        own = [item for item in described if item.category == category]
        names = {item.product for item in own}
        rows.append(
            PoolRow(
                category=category,
                products=len(names),
                prompts=len({item.arm for item in own}),
                prompts_apart=_mean_over(prompts, names),
                seeds_apart=_mean_over(seeds, names),
            )
        )
    return DiversityTable(
        rows=tuple(rows),
        prompts_apart=mean_of(list(prompts.values())),
        seeds_apart=mean_of(list(seeds.values())),
        ratio=paired_ratio(prompts, seeds),
    )


def lookalikes(described: Sequence[Described]) -> list[Lookalikes]:
    """Pairs of arms nearer to each other than `ALIKE` of their pool's mean, nearest first."""
    apart: dict[tuple[str, str, str], list[float]] = {}
    for first, second in _prompt_pairs(described):
        one, other = sorted((first.arm, second.arm))
        pair = (first.category, one, other)
        apart.setdefault(pair, []).append(distance(first.description, second.description))
    usual = {
        category: float(np.mean([np.mean(apart[pair]) for pair in apart if pair[0] == category]))
        for category in {pair[0] for pair in apart}
    }
    found = [
        Lookalikes(
            category=category,
            first=one,
            second=other,
            distance=float(np.mean(values)),
            usual=usual[category],
        )
        for (category, one, other), values in apart.items()
        if np.mean(values) < ALIKE * usual[category]
    ]
    return sorted(found, key=lambda pair: pair.distance)


def _prompt_pairs(described: Sequence[Described]) -> Iterator[tuple[Described, Described]]:
    """Different prompts of one product, turn by turn."""
    for first, second in combinations(described, 2):
        same = (first.product, first.turn) == (second.product, second.turn)
        if same and first.arm != second.arm:
            yield first, second


def _seed_pairs(described: Sequence[Described]) -> Iterator[tuple[Described, Described]]:
    """Different seeds of one product and prompt."""
    for first, second in combinations(described, 2):
        same = (first.product, first.arm) == (second.product, second.arm)
        if same and first.turn != second.turn:
            yield first, second


def _means(pairs: Iterator[tuple[Described, Described]]) -> dict[str, float]:
    return by_product(
        [(one.product, distance(one.description, other.description)) for one, other in pairs]
    )


def _mean_over(values: dict[str, float], names: set[str]) -> float:
    known = [values[name] for name in names if name in values]
    return float(np.mean(known)) if known else float("nan")
