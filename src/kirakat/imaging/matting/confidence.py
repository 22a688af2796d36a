"""How sure a matte is to be the whole product and nothing else."""

from __future__ import annotations

import numpy as np

from kirakat.imaging.matting.planes import Bools, Floats
from kirakat.imaging.matting.rough import Rough
from kirakat.types import Side

# Coverages of the photo beyond which a product is rarely found right.
_LEAST, _MOST = 0.01, 0.75


def confidence_of(
    rough: Rough, *, coverage: float, sides: frozenset[Side], object_count: int
) -> float:
    """0 to 1, from what two independent views agree on, and from signs of trouble.

    Views are the segmenter's two looks, and its mean against the ground's colours where the
    ground is plain. Trouble: undecided areas, a product cut off at several sides, extreme
    coverage, many objects.
    """
    mean = 0.5 * (rough.first + rough.second)
    looks = overlap(rough.first > 0.5, rough.second > 0.5)
    views = overlap(mean > 0.5, rough.product)
    agreement = 0.3 * looks + 0.7 * views if rough.backdrop else looks * views
    certainty = agreement * (1.0 - _undecided(mean))
    if rough.backdrop is not None:
        certainty = certainty**0.7
    if rough.glass is not None:
        certainty = min(certainty, 0.6)
    trouble = 0.92 ** max(0, len(sides) - 1) * 0.93 ** max(0, object_count - 2)
    return float(np.clip(certainty * trouble * _usual(coverage), 0.0, 1.0))


def overlap(one: Bools, other: Bools) -> float:
    """Intersection over union of two masks; 0 where both are empty."""
    union = int((one | other).sum())
    return float((one & other).sum() / union) if union else 0.0


def _undecided(mean: Floats) -> float:
    """Share of what the segmenter found that it is undecided about, its own soft rim aside."""
    found = max(1, int((mean > 0.5).sum()))
    doubtful = int(((mean > 0.15) & (mean < 0.85)).sum())
    rim = 4.0 * np.sqrt(found) * max(mean.shape) / 320.0
    return float(np.clip((doubtful - rim) / found, 0.0, 1.0))


def _usual(coverage: float) -> float:
    if coverage < _LEAST:
        return max(0.3, coverage / _LEAST)
    return 1.0 if coverage < _MOST else max(0.3, 1.0 - 3.0 * (coverage - _MOST))
