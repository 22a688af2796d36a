"""Two looks of a segmenter: at the whole photo, then at the crop around what it found."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kirakat.imaging.matting.planes import Bools, Floats
from kirakat.types import RGB, Alpha

# A crop that is nearly the whole photo shows nothing new.
_WHOLE = 0.9


def look_twice(
    pixels: RGB, segment: Callable[[RGB], Alpha], *, again: bool = True
) -> tuple[Floats, Floats]:
    """The segmenter's coverage (h, w) of the photo, and of its crop pasted back.

    Without `again`, and where the crop is nearly the whole photo, both are the first look.
    """
    first = np.asarray(segment(pixels), np.float32)
    rows, columns = _crop(first)
    if not again or (rows.stop - rows.start) * (columns.stop - columns.start) > _WHOLE * first.size:
        return first, first
    second = np.zeros_like(first)
    second[rows, columns] = segment(np.ascontiguousarray(pixels[rows, columns]))
    return first, second


def _crop(coverage: Floats) -> tuple[slice, slice]:
    """Rows and columns of all that is likely product, with some ground around."""
    found = coverage > 0.3
    if not found.any():
        return slice(0, coverage.shape[0]), slice(0, coverage.shape[1])
    return _span(found, 1), _span(found, 0)


def _span(found: Bools, axis: int) -> slice:
    """From the first to the last hit across `axis`, with a margin."""
    hit = np.asarray(found.any(axis=axis))
    places = np.flatnonzero(hit)
    margin = 8 + round(0.12 * (places[-1] - places[0] + 1))
    return slice(max(0, int(places[0]) - margin), min(len(hit), int(places[-1]) + 1 + margin))
