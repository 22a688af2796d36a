"""The shadow that a standing product throws on the ground, under a light of finite size.

The product is taken as a stack of discs: each run of each row of its matte is the diameter of
one. An area light's shadow is the mean of the shadows of points spread over it, hence sharp where
the product touches and softer with the height of what throws it.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.imaging.blur import blur
from kirakat.imaging.shadow.outline import Ground
from kirakat.imaging.shadow.rays import ground_offsets, light_samples
from kirakat.types import Alpha, Light

SAMPLES = 14
# Rows of the matte that become discs.
DISCS = 56
# Depth of a disc over its width: products are rarely deeper than wide.
DEPTH = 0.7
# No disc is deeper than this share of the product's width: a bag is no barrel.
DEEPEST = 0.34
# Share of the shadow's density that is left under the product's top, in bare sun and in the
# light of a huge softbox: other light fills in what is far from the base.
SUN_TOP, SOFTBOX_TOP = 0.85, 0.25
_UNIT = np.linspace(0.0, 2.0 * math.pi, 24, endpoint=False)
_CIRCLE = np.stack([np.cos(_UNIT), np.sin(_UNIT)], axis=1)
_SHIFT = 4  # binary places of the polygon coordinates


def cast_occlusion(
    alpha: Alpha, ground: Ground, light: Light, *, sine: float, lift: float = 0.0
) -> Alpha:
    """Share (h, w) of the key light kept from the ground.

    `lift` is how far, in pixels, the product hovers over the ground, which then lies lower.
    """
    discs = _discs(alpha, ground, sine)
    offsets = ground_offsets(light_samples(light, SAMPLES), sine)
    tallest = max(float(discs[:, 4].max()), 1.0)
    drop = lift * math.sqrt(1.0 - sine * sine)
    top = SUN_TOP + (SOFTBOX_TOP - SUN_TOP) * math.sqrt(light.softness)
    density = np.concatenate([[0.0], np.linspace(1.0, top, 255)]).astype(np.float32)
    total = np.zeros(alpha.shape, np.float32)
    heights = np.zeros(alpha.shape, np.float32)
    for offset in offsets:
        drawn = _draw(alpha.shape, discs, offset, tallest, lift, drop)
        total += cv2.LUT(drawn, density)
        heights += drawn
    return _soften(
        np.asarray(total / SAMPLES, np.float32),
        np.asarray(heights / (255.0 * SAMPLES), np.float32),
        tallest,
        light,
    )


def _discs(alpha: Alpha, ground: Ground, sine: float) -> NDArray[np.float64]:
    """(n, 5) x, ground y, half width, half depth (foreshortened) and height, highest first."""
    cosine = math.sqrt(1.0 - sine * sine)
    deepest = DEEPEST * (ground.right - ground.left)
    rows = np.unique(np.linspace(ground.top, ground.bottom - 1, DISCS).astype(int))
    found = []
    for row in rows:
        edges = np.flatnonzero(np.diff(alpha[row] > 0.5, prepend=False, append=False))
        for start, end in edges.reshape(-1, 2):
            half = (end - start) / 2.0
            depth = min(half * DEPTH, deepest) * sine
            x = (start + end) / 2.0
            level = float(ground.level[int(x)])
            # The outline's lowest point is the front of the base: its middle lies behind.
            found.append((x, level, half, depth, (level - row - 1.0) / cosine))
    discs = np.array(found)
    base = _base_depth(discs)
    discs[:, 1] -= base
    discs[:, 4] = np.maximum(discs[:, 4] - base / cosine, 0.0)
    return discs


def _base_depth(discs: NDArray[np.float64]) -> float:
    """Half depth of the base: of the discs whose front edge lies nearest to the ground."""
    front = discs[:, 4] < 0.06 * discs[:, 4].max() + 1.0
    return float(np.median(discs[front, 3]))


def _draw(
    shape: tuple[int, ...],
    discs: NDArray[np.float64],
    offset: NDArray[np.float64],
    tallest: float,
    lift: float,
    drop: float,
) -> NDArray[np.uint8]:
    """One point light's shadow: 0 where lit, else 1 to 255 by the height of what throws it."""
    height = discs[:, 4]
    x = discs[:, 0] + offset[0] * (height + lift)
    y = discs[:, 1] + drop + offset[1] * (height + lift)
    centres = np.stack([x, y], axis=1)[:, None, :]
    radii = np.maximum(discs[:, None, 2:4], 0.6)
    points = np.rint((centres + radii * _CIRCLE - 0.5) * (1 << _SHIFT)).astype(np.int32)
    values = np.rint(1.0 + 254.0 * height / tallest).astype(int).tolist()
    canvas = np.zeros(shape, np.uint8)
    for polygon, value in zip(points, values, strict=True):
        cv2.fillConvexPoly(canvas, polygon, value, lineType=cv2.LINE_8, shift=_SHIFT)
    return canvas


def _soften(occlusion: Alpha, heights: Alpha, tallest: float, light: Light) -> Alpha:
    """Blur that grows with height and hides the steps between the light's samples."""
    near = blur(occlusion, 0.8 + 0.004 * tallest * (1 + 3 * light.softness))
    far = blur(occlusion, 1.0 + tallest * (0.012 + 0.06 * light.softness))
    height = blur(heights, 1.0 + 0.03 * tallest)
    cover = blur((occlusion > 0).astype(np.float32), 1.0 + 0.03 * tallest)
    mix = np.clip(2.2 * height / np.maximum(cover, 0.05), 0.0, 1.0)
    return np.asarray(near + (far - near) * mix, np.float32)
