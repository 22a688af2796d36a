"""Whether a creative shows the product's own pixels, compared with a fresh resample."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.resample import interior, resample_product
from kirakat.quality.exact_resample import exact_resample
from kirakat.types import RGB, Cutout, Layout

# Two resamplers of one definition may round a pixel to neighbouring levels.
ROUNDING = 1


def fidelity(
    creative: RGB, source_pixels: RGB, cutout: Cutout, layout: Layout, *, strict: bool = False
) -> tuple[int, int]:
    """Largest difference in 8-bit levels from the source, and the pixels compared.

    `creative` (h, w, 3) is compared, before encoding, with `source_pixels` (H, W, 3) resampled
    afresh, wherever the product covers the resampling kernel wholly. `source_pixels` should be
    decoded from the file anew. `strict` also compares with `exact_resample`, which shares no code
    with the resampler that made the creative.
    """
    inside = interior(cutout.alpha, layout)
    compared = int(inside.sum())
    if not compared:
        return 0, 0
    afresh = resample_product(source_pixels, layout, within=cutout.extent)
    largest = _largest(creative, afresh, inside)
    if strict:
        other = min(
            _largest(creative, exact_resample(source_pixels, layout, rows_first=rows_first), inside)
            for rows_first in (False, True)
        )
        largest = max(largest, other - ROUNDING)
    return largest, compared


def _largest(first: RGB, second: RGB, inside: NDArray[np.bool_]) -> int:
    return int(np.abs(first[inside].astype(np.int16) - second[inside]).max())


def encoded_psnr(decoded: RGB, composed: RGB, inside: NDArray[np.bool_]) -> float:
    """PSNR in dB of a decoded file against the picture before encoding, where `inside` (h, w).

    Infinite when equal, or when nothing is inside.
    """
    if not inside.any():
        return math.inf
    error = decoded[inside].astype(np.float64) - composed[inside]
    mean = float(np.square(error).mean())
    return math.inf if mean == 0.0 else 10.0 * math.log10(255.0**2 / mean)
