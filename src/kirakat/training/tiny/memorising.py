"""Whether a model repeats its training pictures, and how far it is from pictures it never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kirakat.training.figures.descriptors import Description, describe_background, distance

Pixels = NDArray[np.uint8]

# A copy is nearer to the training than this share of what is usual for held-out pictures.
_COPY = 0.5


@dataclass(frozen=True, kw_only=True)
class Memorising:
    """Distances are those of `descriptors.distance`, 0 to 1."""

    generated: int
    training: int
    held_out: int
    # Mean distance to the nearest training picture, of generated and of held-out pictures. A
    # model that repeats its training is much nearer to it than new pictures are.
    nearest: float
    held_out_nearest: float
    # Share of the generated that are nearer to it than half of the held-out pictures' median.
    copies: float
    # Energy distance to the held-out pictures (Szekely & Rizzo 2013): of the generated, and of
    # the training pictures as the floor that a perfect model would reach.
    energy: float
    energy_floor: float
    # For each generated picture, which training picture is nearest.
    neighbours: tuple[int, ...]


def measure_memorising(
    generated: Sequence[Pixels], training: Sequence[Pixels], held_out: Sequence[Pixels]
) -> Memorising:
    """Compare pictures (H, W, 3); two or more of each."""
    made, seen, unseen = (
        [describe_background(picture, None) for picture in pictures]
        for pictures in (generated, training, held_out)
    )
    made_seen, unseen_seen = _distances(made, seen), _distances(unseen, seen)
    nearest, usual = made_seen.min(axis=1), unseen_seen.min(axis=1)
    return Memorising(
        generated=len(made),
        training=len(seen),
        held_out=len(unseen),
        nearest=float(nearest.mean()),
        held_out_nearest=float(usual.mean()),
        copies=float(np.mean(nearest < _COPY * np.median(usual))),
        energy=_energy(made, unseen, _distances(made, unseen)),
        energy_floor=_energy(unseen, seen, unseen_seen),
        neighbours=tuple(int(index) for index in made_seen.argmin(axis=1)),
    )


def _energy(
    first: Sequence[Description], second: Sequence[Description], between: NDArray[np.float64]
) -> float:
    own = sum(_mean_apart(_distances(group, group)) for group in (first, second))
    return float(2 * between.mean() - own)


def _mean_apart(within: NDArray[np.float64]) -> float:
    """The mean over pairs of different pictures."""
    return float(within.sum() / (len(within) * (len(within) - 1)))


def _distances(first: Sequence[Description], second: Sequence[Description]) -> NDArray[np.float64]:
    return np.array([[distance(one, other) for other in second] for one in first], np.float64)
