"""Colour: linear light, CIELAB, colour distance, a product's palette and contrast.

sRGB follows IEC 61966-2-1, CIELAB uses the D65 white point of sRGB.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kirakat.errors import ImageError
from kirakat.types import RGB, Alpha

# Linear sRGB to CIE XYZ, divided by the D65 white (IEC 61966-2-1).
_RGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ],
    np.float32,
) / np.array([[0.95047], [1.0], [1.08883]], np.float32)
# Steps of the table from linear light to 8 bits: at most 0.05 levels each, near black.
_LINEAR_STEPS = 65_535
_PALETTE_SAMPLES = 4096
_PALETTE_ROUNDS = 20


@dataclass(frozen=True, kw_only=True)
class PaletteColour:
    """One of a product's main colours."""

    # sRGB, 0 to 255.
    rgb: tuple[int, int, int]
    # Share of the product's area nearest to it.
    share: float


def srgb8_to_linear(values: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Linear light in [0, 1] from sRGB levels of any shape."""
    return _linear_table()[values]


def linear_to_srgb8(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The nearest sRGB levels to linear light of any shape, clipped to [0, 1]."""
    steps = np.clip(values * np.float32(_LINEAR_STEPS) + np.float32(0.5), 0, _LINEAR_STEPS)
    return np.asarray(_srgb_table()[steps.astype(np.uint16)], np.uint8)


def rgb_to_lab(pixels: RGB) -> NDArray[np.float32]:
    """CIELAB (..., 3): lightness 0 to 100, a and b about -128 to 127, from sRGB (..., 3)."""
    xyz = np.asarray(srgb8_to_linear(pixels) @ _RGB_TO_XYZ.T, np.float32)
    # CIE 15:2004, equation 8.6: a cube root with a straight foot.
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    lab = np.empty_like(xyz)
    lab[..., 0] = 116 * root[..., 1] - 16
    lab[..., 1] = 500 * (root[..., 0] - root[..., 1])
    lab[..., 2] = 200 * (root[..., 1] - root[..., 2])
    return lab


def delta_e76(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float32]:
    """Colour distance (CIE 1976) of two CIELAB arrays (..., 3); about 2.3 is just noticeable."""
    return np.asarray(np.linalg.norm(first - second, axis=-1), np.float32)


def relative_luminance(rgb: tuple[int, int, int]) -> float:
    """Relative luminance of an sRGB colour, 0 to 1 (WCAG 2.2)."""
    red, green, blue = srgb8_to_linear(np.array(rgb, np.uint8))
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def contrast_ratio(first: tuple[int, int, int], second: tuple[int, int, int]) -> float:
    """Contrast of two sRGB colours, 1 to 21 (WCAG 2.2); 3 is enough for large shapes."""
    darker, lighter = sorted((relative_luminance(first), relative_luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def palette(pixels: RGB, alpha: Alpha, n: int) -> tuple[PaletteColour, ...]:
    """Up to `n` main colours of a cutout (H, W, 3) and (H, W), the largest share first.

    k-means in CIELAB over a fixed sample of the solid pixels, so equal cutouts give equal
    palettes. Raises `ImageError` when no pixel is solid.
    """
    solid = pixels[alpha > 0.5]
    if not solid.size:
        raise ImageError("a palette needs at least one solid pixel")
    sample = solid[:: max(1, len(solid) // _PALETTE_SAMPLES)]
    lab = rgb_to_lab(sample)
    nearest = _cluster(lab, n)
    groups = [np.flatnonzero(nearest == label) for label in np.unique(nearest)]
    groups.sort(key=lambda members: -len(members))
    return tuple(_palette_colour(sample, lab, members) for members in groups)


def _palette_colour(
    sample: RGB, lab: NDArray[np.float32], members: NDArray[np.intp]
) -> PaletteColour:
    """The member nearest to its group's mean, so that the colour is one of the product's own."""
    centre = lab[members].mean(0)
    red, green, blue = sample[members[delta_e76(lab[members], centre).argmin()]]
    return PaletteColour(rgb=(int(red), int(green), int(blue)), share=len(members) / len(sample))


def _cluster(points: NDArray[np.float32], n: int) -> NDArray[np.intp]:
    """Index of each point's centre: Lloyd's algorithm, started by k-means++ with a fixed seed."""
    centres = _spread_centres(points, n)
    nearest = _nearest(points, centres)
    for _ in range(_PALETTE_ROUNDS):
        centres = np.stack(
            [
                points[nearest == label].mean(0) if (nearest == label).any() else centre
                for label, centre in enumerate(centres)
            ]
        )
        moved = _nearest(points, centres)
        if np.array_equal(moved, nearest):
            break
        nearest = moved
    return nearest


def _spread_centres(points: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    centres = [points[rng.integers(len(points))]]
    while len(centres) < n:
        squared = np.min([delta_e76(points, centre) ** 2 for centre in centres], axis=0)
        total = float(squared.sum(dtype=np.float64))
        if total == 0.0:
            break
        pick = np.searchsorted(squared.cumsum(dtype=np.float64), rng.random() * total, "right")
        centres.append(points[min(int(pick), len(points) - 1)])
    return np.stack(centres)


def _nearest(points: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.intp]:
    return np.asarray(delta_e76(points[:, None], centres[None]).argmin(1), np.intp)


@lru_cache(maxsize=1)
def _linear_table() -> NDArray[np.float32]:
    levels = np.arange(256) / 255.0
    table = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return table.astype(np.float32)


@lru_cache(maxsize=1)
def _srgb_table() -> NDArray[np.uint8]:
    linear = np.arange(_LINEAR_STEPS + 1) / _LINEAR_STEPS
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(255.0 * encoded).astype(np.uint8)
