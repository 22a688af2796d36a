"""The closed vocabularies of scenes and the colours behind each palette name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

# sRGB in [0, 1].
Rgb = tuple[float, float, float]

SURFACES: Final = (
    "marble", "wood", "concrete", "linen", "terrazzo", "sand", "stone",
    "plaster", "moss", "water", "satin", "gradient", "paper", "metal",
)  # fmt: skip
LIGHTINGS: Final = (
    "softbox", "window-blind", "foliage-shadow", "sun",
    "golden-hour", "spotlight", "overcast", "rim",
)  # fmt: skip
VIEWS: Final = ("standing", "lying", "hanging")


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Matching colours (sRGB): backdrop, floor, pale and dark props, and one accent."""

    wall: Rgb
    floor: Rgb
    pale: Rgb
    dark: Rgb
    accent: Rgb


def rgb(code: str) -> Rgb:
    """Colour from six hexadecimal digits."""
    return (int(code[0:2], 16) / 255, int(code[2:4], 16) / 255, int(code[4:6], 16) / 255)


def _palette(wall: str, floor: str, pale: str, dark: str, accent: str) -> Palette:
    return Palette(
        wall=rgb(wall), floor=rgb(floor), pale=rgb(pale), dark=rgb(dark), accent=rgb(accent)
    )


PALETTES: Final[dict[str, Palette]] = {
    "beige": _palette("d8c3ab", "dccab4", "efe6d8", "a98a6d", "c48a62"),
    "white": _palette("e9e7e3", "eceae6", "f3f1ee", "bdb8b0", "c9b79c"),
    "grey": _palette("b4b5b5", "bcbcba", "dcdcda", "77797b", "8fa0ab"),
    "charcoal": _palette("3a3b3e", "323336", "6d6e70", "232427", "9a7b55"),
    "terracotta": _palette("c27a58", "cf9070", "ecc9ae", "8d4a31", "7f8f6a"),
    "sage": _palette("a9b59b", "b9c2ab", "e3e5d7", "6f7f66", "d2b48c"),
    "forest": _palette("3f5a48", "4b6350", "b3bf9f", "25382d", "b58a55"),
    "blush": _palette("e3b9b0", "e9c7be", "f6e6e0", "b9807a", "d9a441"),
    "sky": _palette("a9cbe0", "b7d3e3", "e8f1f5", "6a94b3", "f1d6a3"),
    "navy": _palette("2c3f5f", "34496b", "9fb0c7", "1b2740", "c79a5b"),
    "lavender": _palette("c0b3d6", "cabfdc", "ece6f3", "8a79a8", "e6c2a0"),
    "mustard": _palette("d6a340", "dfb256", "f3e0b0", "a5752a", "6d7d8c"),
    "teal": _palette("4f9391", "66a3a0", "cfe3df", "2b5f61", "e0a873"),
}


def linear(colour: NDArray[np.float64] | Rgb) -> NDArray[np.float64]:
    """sRGB in [0, 1] to linear light (IEC 61966-2-1)."""
    c = np.asarray(colour, dtype=np.float64)
    return np.where(c <= 0.04045, c / 12.92, ((np.maximum(c, 0.0) + 0.055) / 1.055) ** 2.4)


def encode(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light in [0, 1] to sRGB (IEC 61966-2-1)."""
    c = np.clip(light, 0.0, 1.0).astype(np.float32)
    return np.where(c <= 0.0031308, c * 12.92, 1.055 * np.maximum(c, 1e-9) ** (1 / 2.4) - 0.055)


def mix(a: Rgb, b: Rgb, t: float) -> Rgb:
    """Straight blend of two colours, `t` = 0 gives `a`."""
    return (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t)


def shade(colour: Rgb, factor: float) -> Rgb:
    """Colour made darker (factor < 1) or lighter (> 1), clipped to [0, 1]."""
    return (
        min(colour[0] * factor, 1.0),
        min(colour[1] * factor, 1.0),
        min(colour[2] * factor, 1.0),
    )
