"""Products of sketches: bodies of revolution, boxes, balls and soft shapes, shaded by one light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kirakat.training.tiny.textures import Plane, clouds

# Half widths from foot to top, in parts of the widest.
_PROFILES = {
    "bottle": (0.95, 1, 1, 1, 0.98, 0.7, 0.35, 0.32, 0.36, 0.36),
    "jar": (0.9, 1, 1, 1, 1, 0.95, 0.9, 0.92, 0.92, 0.92),
    "vase": (0.5, 0.75, 0.95, 1, 0.95, 0.75, 0.5, 0.4, 0.45, 0.55),
    "can": (0.97, 1, 1, 1, 1, 1, 1, 1, 1, 0.95),
    "cup": (0.7, 0.78, 0.84, 0.9, 0.94, 0.97, 1, 1, 1, 1),
    "lamp": (0.6, 0.15, 0.1, 0.1, 0.1, 0.9, 0.95, 0.85, 0.7, 0.55),
    "tube": (0.6, 0.6, 0.62, 0.9, 0.94, 0.97, 1, 1, 1, 1),
}
_COLOURS = {
    "red": (190, 50, 45), "orange": (225, 125, 50), "yellow": (230, 195, 70),
    "green": (70, 140, 85), "teal": (50, 140, 140), "blue": (55, 90, 170),
    "purple": (120, 80, 160), "pink": (225, 150, 165), "brown": (120, 80, 55),
    "black": (35, 35, 38), "white": (235, 233, 228), "grey": (140, 142, 145),
    "silver": (190, 193, 198), "gold": (205, 165, 85), "beige": (215, 195, 165),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Product:
    """A drawn product."""

    # (S, S, 3) in [0, 1], and its coverage (S, S).
    colour: NDArray[np.float32]
    matte: Plane
    name: str


def draw_product(
    rng: np.random.Generator, side: int, *, foot: float, light: float, flat: bool
) -> Product:
    """A random product standing on row `foot` (or lying around it), lit from `light` in [-1, 1]."""
    kind = str(rng.choice([*_PROFILES, "box", "ball", "bag"]))
    tall = min(foot - 0.04, rng.uniform(0.2, 0.62))
    wide = tall * rng.uniform(0.25, 0.8)
    centre = 0.5 + rng.normal(0, 0.05)
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / np.float32(side)
    # x in widest half widths, y from foot 0 to top 1.
    x, y = (columns - centre) / np.float32(wide / 2), (foot - rows) / np.float32(tall)
    half, across = _body(kind, x, y)
    # A pixel of soft edge on every side.
    soft = side * wide / 2
    matte = np.clip((half - np.abs(x)) * soft + 0.5, 0, 1)
    round_foot = 0.0 if flat else 0.03 * np.sqrt(np.clip(1 - x * x, 0, 1))
    matte = matte * np.clip((y + round_foot) * side * tall + 0.5, 0, 1)
    matte = matte * np.clip((1 - y) * side * tall + 0.5, 0, 1)
    name, colour = _paint(rng, x, y, kind)
    shade = 0.85 + 0.3 * light * across - 0.35 * across**2
    gloss = rng.uniform(0, 0.7) * np.exp(-((across - 0.5 * light) ** 2) / 0.02)
    lit = colour * shade[..., None] + gloss[..., None] * 0.6
    return Product(
        colour=np.asarray(np.clip(lit, 0, 1), np.float32),
        matte=np.asarray(matte, np.float32),
        name=f"a {name} {kind}",
    )


def _body(kind: str, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """Half width (S, S) and the surface's turn to the side, -1 to 1, at each pixel."""
    if kind in _PROFILES:
        profile = np.array(_PROFILES[kind], np.float32)
        half = np.interp(y, np.linspace(0, 1, len(profile)), profile).astype(np.float32)
        return half, np.clip(x / np.maximum(half, 0.05), -1, 1)
    if kind == "ball":
        half = np.asarray(np.sqrt(np.clip(1 - (2 * y - 1) ** 2, 0, 1)), np.float32)
        return half, np.clip(x, -1, 1)
    if kind == "bag":
        half = np.asarray(1 - 0.25 * np.clip(y, 0, 1) ** 2 - 0.15 * np.exp(-y * 12), np.float32)
        return half, np.clip(0.6 * np.sin(x * 2.5) + 0.2 * np.sin(y * 9), -1, 1)
    # A box seen on its edge: two flat faces.
    return np.ones_like(x), np.where(x < 0.3, np.float32(-0.2), np.float32(0.7))


def _paint(
    rng: np.random.Generator, x: Plane, y: Plane, kind: str
) -> tuple[str, NDArray[np.float32]]:
    """A colour with a cap, a label and lines on it: its name and (S, S, 3)."""
    names = list(_COLOURS)
    name = str(rng.choice(names))
    palette = {key: np.array(value, np.float32) / 255 for key, value in _COLOURS.items()}
    colour = palette[name] * rng.uniform(0.8, 1.1) + np.zeros((*x.shape, 3), np.float32)
    if rng.random() < 0.3:
        colour = colour * (1 + rng.uniform(0.03, 0.15) * clouds(rng, len(x), 1.2))[..., None]
    if kind in ("bottle", "jar", "tube") and rng.random() < 0.7:
        cap = y < 0.25 if kind == "tube" else y > 0.72
        colour = np.where(cap[..., None], palette[str(rng.choice(names))], colour)
    if rng.random() < 0.7:
        bottom, height = rng.uniform(0.1, 0.4), rng.uniform(0.1, 0.35)
        label = (np.abs(x) < rng.uniform(0.4, 1)) & (y > bottom) & (y < bottom + height)
        colour = np.where(label[..., None], palette[str(rng.choice(names))], colour)
        lines = label & (np.sin(y * rng.uniform(60, 160)) > 0.6) & (np.abs(x) < 0.35)
        colour = np.where(lines[..., None], palette[str(rng.choice(names))], colour)
    return name, np.asarray(colour, np.float32)
