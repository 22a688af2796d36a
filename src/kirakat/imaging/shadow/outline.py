"""Where a standing product's lower outline meets the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kirakat.types import Alpha

# A bottom counts as a foot when it rises above its neighbourhood by this share of the height.
FOOT_PROMINENCE = 0.035
# Feet further back appear higher: by at most this share of the width times the camera's sine.
FOOT_DEPTH = 0.6
# Gap to the ground, as a share of the height, at which contact has fallen to 1/e.
CONTACT_GAP = 0.018


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The ground under a product, column by column, in pixels of the matte it was read from."""

    # (w,) y of the lowest product pixel's lower edge; NaN in columns without product.
    outline: NDArray[np.float32]
    # (w,) y of the ground that the column's part of the product stands on.
    level: NDArray[np.float32]
    # (w,) 1 where the outline touches the ground, falling with the gap between them.
    contact: NDArray[np.float32]
    # First and one past the last row and column of the product.
    top: int
    bottom: int
    left: int
    right: int


def find_ground(alpha: Alpha, *, sine: float) -> Ground | None:
    """The ground under the product of an (h, w) matte; None when there is none to stand on.

    `sine` is the sine of the camera's elevation. A product that leaves through the lower border
    has no visible foot.
    """
    solid = alpha > 0.5
    columns, rows = np.flatnonzero(solid.any(axis=0)), np.flatnonzero(solid.any(axis=1))
    if not columns.size or rows[-1] >= alpha.shape[0] - 1:
        return None
    height = float(rows[-1] + 1 - rows[0])
    width = float(columns[-1] + 1 - columns[0])
    outline = np.full(alpha.shape[1], np.nan, np.float32)
    outline[columns] = alpha.shape[0] - np.argmax(solid[::-1, columns], axis=0)
    deepest = min(FOOT_DEPTH * width * sine, 0.25 * height) + 0.02 * height
    feet = _feet(outline, rows[-1] + 1 - deepest, FOOT_PROMINENCE * height)
    level = np.interp(np.arange(outline.size), feet, outline[feet]).astype(np.float32)
    rise = _base_rise(outline, level, feet, height, sine)
    gap = np.nan_to_num(np.maximum(level - outline - rise, 0.0), nan=height)
    contact = np.exp(-gap / (CONTACT_GAP * height)).astype(np.float32)
    contact[np.isnan(outline)] = 0.0
    return Ground(
        outline=outline,
        level=level,
        contact=contact,
        top=int(rows[0]),
        bottom=int(rows[-1] + 1),
        left=int(columns[0]),
        right=int(columns[-1] + 1),
    )


def _feet(outline: NDArray[np.float32], above: float, prominence: float) -> NDArray[np.intp]:
    """Columns of the outline's local bottoms that are low enough to stand on the ground.

    A bottom counts when the outline rises by `prominence` at both its sides.
    """
    filled = np.nan_to_num(outline, nan=0.0)
    feet = [int(np.argmax(filled))]
    lowest, highest, falling = 0, 0, True
    for column, y in enumerate([*filled.tolist(), 0.0]):
        if falling:
            if column < filled.size and y > filled[lowest]:
                lowest = column
            elif y < filled[lowest] - prominence:
                feet.append(lowest)
                highest, falling = min(column, filled.size - 1), False
        elif y < filled[highest]:
            highest = min(column, filled.size - 1)
        elif y > filled[highest] + prominence:
            lowest, falling = column, True
    return np.unique([foot for foot in feet if filled[foot] >= above])


def _base_rise(
    outline: NDArray[np.float32],
    level: NDArray[np.float32],
    feet: NDArray[np.intp],
    height: float,
    sine: float,
) -> NDArray[np.float32]:
    """How far a round base's front edge, a flattened arc, rises beside each foot's lowest point."""
    rise = np.zeros_like(level)
    near = np.nan_to_num(level - outline, nan=height) < 0.03 * height
    x = np.arange(outline.size)
    for foot in feet:
        beyond = np.flatnonzero(~near[foot:])
        right = int(beyond[0]) if beyond.size else outline.size - foot
        before = np.flatnonzero(~near[: foot + 1][::-1])
        left = int(before[0]) if before.size else int(foot) + 1
        half = max((left + right) / 2.0, 1.0)
        centre = foot + (right - left) / 2.0
        off = (x - centre) / half
        arc = 1.0 - np.sqrt(np.clip(1.0 - np.square(off), 0.0, 1.0))
        rise += np.where(np.abs(off) <= 1.0, half * sine * arc, 0.0).astype(np.float32)
    return rise
