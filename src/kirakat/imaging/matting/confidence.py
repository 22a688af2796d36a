"""How sure a matte is to be the whole product and nothing else."""

from __future__ import annotations

import numpy as np

from kirakat.imaging.matting.doubt import cut_share, is_black, likeness, shade_share
from kirakat.imaging.matting.planes import Bools, Floats
from kirakat.imaging.matting.rough import Rough
from kirakat.types import Alpha

# Coverages of the photo beyond which a product is rarely found right.
_LEAST, _MOST = 0.01, 0.75
# Likeness of product and ground that does no harm.
_USUAL_LIKENESS = 0.15
# Loss of confidence for a share of the outline cut off by the photo, and of possible shadow.
_CUT_LOSS, _SHADE_LOSS = 2.0, 5.0
# Neither loss takes more than this share.
_MOST_LOSS = 0.5
# At most this much where clear glass was completed, or where black parts cannot be seen.
_GUESSED = 0.6


def confidence_of(rough: Rough, alpha: Alpha) -> float:
    """0 to 1, from what independent witnesses agree on, and from signs of trouble.

    Witnesses are the segmenter's two looks, and the ground's colours where the ground is plain;
    where it is not, the looks must agree better. Trouble: areas that the segmenter is undecided
    about, a product that looks like the ground beside it, is cut off by the photo or may hold
    its own hard shadow, and extreme coverage. `alpha` (H, W) is the finished matte.
    """
    mean = np.asarray(0.5 * (rough.first + rough.second), np.float32)
    alike = likeness(rough.pixels, alpha)
    distinct = 1.0 - max(0.0, alike - _USUAL_LIKENESS)
    whole = 1.0 - min(_MOST_LOSS, _CUT_LOSS * cut_share(alpha))
    sure = _agreement(rough, mean, alike) * distinct * whole
    sure *= _unshaded(rough, alpha, mean) * _usual(alpha)
    return float(np.clip(min(sure, _ceiling(rough)), 0.0, 1.0))


def _agreement(rough: Rough, mean: Floats, alike: float) -> float:
    """What the witnesses agree on, less what the segmenter is undecided about.

    Its indecision counts less where colours that are unlike a plain ground's decide.
    """
    looks = overlap(rough.first > 0.5, rough.second > 0.5)
    undecided = _undecided(mean)
    if rough.backdrop is None:
        return (looks * (1.0 - undecided)) ** 2
    views = overlap(mean > 0.5, rough.product)
    return (1.0 - undecided * min(1.0, 0.25 + 2.0 * alike)) * (0.3 * looks + 0.7 * views)


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


def _unshaded(rough: Rough, alpha: Alpha, mean: Floats) -> float:
    if rough.backdrop is None:
        return 1.0
    share = shade_share(rough.pixels, alpha, mean, rough.backdrop)
    return 1.0 - min(_MOST_LOSS, _SHADE_LOSS * share)


def _ceiling(rough: Rough) -> float:
    black = rough.backdrop is not None and is_black(rough.backdrop)
    return _GUESSED if black or rough.glass is not None else 1.0


def _usual(alpha: Alpha) -> float:
    coverage = float(alpha.mean())
    if coverage < _LEAST:
        return max(0.3, coverage / _LEAST)
    return 1.0 if coverage < _MOST else max(0.3, 1.0 - 3.0 * (coverage - _MOST))
