"""What a background looks like in numbers: its colours, its layout of light, its texture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.colour import rgb_to_lab
from kirakat.types import RGB, Alpha

# Bins of lightness, a and b, and the range of a and b that they divide.
_BINS, _CHROMA = (5, 8, 8), 64.0
# Side of the small picture that holds the layout of light and colour.
_GRID = 16
# CIE76 at which two layouts count as wholly different.
_FAR = 50.0
# Side at which pictures are described.
_SIZE = 128
# Width of the band around the product that is left out, as a share of the side.
_MARGIN = 0.03


@dataclass(frozen=True, kw_only=True)
class Description:
    """A background with its product left out."""

    # (bins,) shares of the area in CIELAB, summing to 1.
    colours: NDArray[np.float64]
    # (16, 16, 3) mean CIELAB.
    layout: NDArray[np.float32]
    # (16, 16): share of each cell that is background.
    seen: NDArray[np.float32]


def describe_background(picture: RGB, matte: Alpha | None) -> Description:
    """The description of a picture (h, w, 3) without what `matte` (h, w) covers."""
    lab, free = background_lab(picture, matte)
    seen = cv2.resize(free, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    total = cv2.resize(lab * free[..., None], (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    layout = total / np.maximum(seen, 1e-6)[..., None]
    return Description(
        colours=colour_shares(lab, free),
        layout=np.asarray(layout, np.float32),
        seen=np.asarray(seen, np.float32),
    )


def distance(first: Description, second: Description) -> float:
    """0 for equal backgrounds to 1: the mean of a colour and a layout distance.

    Colours are compared by Hellinger's distance of their histograms; layouts by the root mean
    square of CIE76 over the cells that both show, as a share of 50.
    """
    overlap = float(np.sqrt(first.colours * second.colours).sum())
    hellinger = float(np.sqrt(max(1.0 - overlap, 0.0)))
    weight = np.minimum(first.seen, second.seen)
    squared = ((first.layout - second.layout) ** 2).sum(-1)
    apart = float(np.sqrt((squared * weight).sum() / max(float(weight.sum()), 1e-6)))
    return (hellinger + min(apart / _FAR, 1.0)) / 2.0


def background_lab(
    picture: RGB, matte: Alpha | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """CIELAB (128, 128, 3) and 1 where it is background (128, 128)."""
    small = cv2.resize(picture, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA)
    lab = rgb_to_lab(np.asarray(small, np.uint8))
    if matte is None:
        return lab, np.ones((_SIZE, _SIZE), np.float32)
    reach = 2 * round(_MARGIN * _SIZE) + 1
    cover = cv2.resize(matte, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA)
    near = cv2.dilate((cover > 0.02).astype(np.uint8), np.ones((reach, reach), np.uint8))
    return lab, 1.0 - near.astype(np.float32)


def colour_shares(lab: NDArray[np.float32], free: NDArray[np.float32]) -> NDArray[np.float64]:
    """(bins,) shares of the area of CIELAB (h, w, 3) where `free` (h, w) is 1."""
    points = lab[free > 0.5]
    ranges = ((0.0, 100.0001), (-_CHROMA, _CHROMA), (-_CHROMA, _CHROMA))
    points[:, 1:] = np.clip(points[:, 1:], -_CHROMA + 1e-3, _CHROMA - 1e-3)
    counts, _ = np.histogramdd(points, bins=_BINS, range=ranges)
    return np.asarray(counts.ravel() / max(float(counts.sum()), 1.0), np.float64)
