"""Which separate parts belong to the product, and where the photo cuts it off."""

from __future__ import annotations

import cv2
import numpy as np

from kirakat.imaging.matting.planes import Bools, Floats, components, share_of, widened
from kirakat.types import Alpha, Box, Side

# A part smaller than this share of the largest one is no object of its own.
_NOTABLE = 0.08
# Share of a side over which the product must reach it to count as cut off there.
_CONTACT = 0.02


def keep_product(mask: Bools, prior: Floats) -> Bools:
    """The parts of a mask (h, w) that are the product: the largest and its like.

    Kept are parts of notable size that the segmenter (`prior`) sees too, and small ones that the
    segmenter sees clearly or that lie next to a kept part (a cut temple, a lace).
    """
    labels, stats = components(mask)
    if len(stats) <= 1:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    areas[0] = 0.0
    seen = share_of(labels, prior)
    weight = areas * (0.1 + seen)
    weight[0] = 0.0
    notable = (weight >= _NOTABLE * weight.max()) & (seen > 0.25)
    notable[int(np.argmax(weight))] = True
    notable[0] = False
    near = widened(notable[labels], max(2, round(0.012 * max(mask.shape))))
    beside = share_of(labels, near) > 0.0
    clear = (seen > 0.5) & (areas >= 0.004 * areas.max())
    kept = notable | clear | (beside & (areas >= 0.001 * areas.max()))
    kept[0] = False
    return np.asarray(kept[labels])


def count_objects(alpha: Alpha) -> int:
    """Separate objects of notable size in a matte."""
    stats = components(alpha > 0.5)[1]
    if len(stats) <= 1:
        return 0
    areas = stats[1:, cv2.CC_STAT_AREA]
    return int((areas >= _NOTABLE * areas.max()).sum())


def tight_box(alpha: Alpha) -> Box:
    """The smallest box around alpha > .5, which must not be empty."""
    x, y, width, height = cv2.boundingRect((alpha > 0.5).astype(np.uint8))
    return Box(x=float(x), y=float(y), width=float(width), height=float(height))


def touched_sides(alpha: Alpha) -> frozenset[Side]:
    """Sides of the picture at which the product is cut off."""
    lines: dict[Side, Alpha] = {
        "left": alpha[:, 0],
        "top": alpha[0],
        "right": alpha[:, -1],
        "bottom": alpha[-1],
    }
    return frozenset(side for side, line in lines.items() if _is_cut(line))


def _is_cut(line: Alpha) -> bool:
    return int((line > 0.5).sum()) >= max(2, round(_CONTACT * len(line)))
