"""What a pixel's colour says against a known ground: product, ground or shadow on it.

A shadow on the ground has the ground's chromaticity and less light: its XYZ is the ground's times
a factor k < 1, so that its Lab a and b are the ground's times the cube root of k. Shadows, glows
and reflected colours have soft edges: they are reached from the ground without crossing a step.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from kirakat.imaging.matting.backdrop import Backdrop
from kirakat.imaging.matting.planes import (
    Bools,
    Floats,
    components,
    disc_kernel,
    lengths,
    luminance,
    share_of,
)

# Below this share of the ground's light a neutral dark is more likely product than shadow.
_DARKEST_SHADOW = 0.30
# Steepest change of a soft shadow, in Lab units a pixel of a picture 1000 pixels long.
_SOFT_STEP = 1.3


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Planes (h, w)."""

    # In [0, 1]: the colour is the ground's own.
    ground: Floats
    # In [0, 1]: the colour is the ground's with less light.
    shadow: Floats
    # In [0, 1]: the colour is neither.
    product: Floats
    # In [0, 1]: a line or wire, thinner than any shadow.
    thin: Floats
    # The ground's light that is left, as a share; above 1 where it is brighter.
    light: Floats
    # Reached from the border without crossing a step of colour.
    reached: Bools


def weigh(lab: Floats, backdrop: Backdrop, prior: Floats) -> Evidence:
    """Evidence of a picture (h, w, 3) in Lab against its ground.

    `prior` (h, w) in [0, 1] is the segmenter's view; where it is high, no ground is sought.
    """
    calm = np.asarray(cv2.GaussianBlur(lab, (0, 0), 0.8), np.float32)
    slack = 2.0 * backdrop.noise + 1.5
    light, tint = departure(calm, backdrop.colour)
    distance = lengths(calm - backdrop.colour)
    ground = np.exp(-((distance / slack) ** 2)).astype(np.float32)
    product = np.maximum.reduce(
        [
            ramp(tint, slack + 3.0, 8.0),
            ramp(calm[..., 0] - backdrop.colour[..., 0], slack, 8.0),
            ramp(_DARKEST_SHADOW - light, 0.0, 0.15) * (backdrop.colour[..., 0] > 40.0),
        ]
    ).astype(np.float32)
    shadow = (light < 1.0) * (1.0 - product) * (1.0 - ground)
    return Evidence(
        ground=ground,
        shadow=shadow.astype(np.float32),
        product=product,
        light=light,
        thin=_thin(lab, backdrop, prior),
        reached=_reached(lab, backdrop.noise, (ground > 0.5) & (prior < 0.3)),
    )


def ramp(value: Floats, start: float, length: float) -> Floats:
    """0 up to `start`, then rising to 1 over `length`."""
    return np.asarray(np.clip((value - start) / length, 0.0, 1.0), np.float32)


def departure(lab: Floats, ground: Floats) -> tuple[Floats, Floats]:
    """Share of the ground's light that is left, and tint that shadow does not explain (h, w)."""
    light = luminance(lab[..., 0]) / np.maximum(luminance(ground[..., 0]), 1e-3)
    shade = np.cbrt(np.clip(light, 0.0, 1.0))[..., None]
    tint = lengths(lab[..., 1:] - ground[..., 1:] * shade)
    return light.astype(np.float32), tint.astype(np.float32)


def _thin(lab: Floats, backdrop: Backdrop, prior: Floats) -> Floats:
    """Strength of structures narrower than about 1 % of the picture (top-hat of each sign).

    Nothing where lines belong to the ground (planks, tiles): they cross the border repeatedly.
    """
    radius = max(2, round(0.006 * max(lab.shape[:2])))
    kernel = disc_kernel(radius)
    rest = cv2.GaussianBlur(lab - backdrop.colour, (0, 0), 0.7)
    strength = np.zeros(lab.shape[:2], np.float32)
    for channel in cv2.split(rest):
        for operation in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
            hat = np.asarray(cv2.morphologyEx(channel, operation, kernel), np.float32)
            strength = np.maximum(strength, hat)
    # A gap between two wires stands out too, but has the ground's own colour.
    strength = np.minimum(strength, lengths(np.asarray(rest, np.float32)))
    thin = ramp(strength, 6.0 * backdrop.noise + 5.0, 8.0)
    return np.zeros_like(thin) if _border_crossings(thin, prior) > 3 else thin


def _border_crossings(thin: Floats, prior: Floats) -> int:
    lines = (thin > 0.5) & (prior < 0.3)
    depth = max(3, round(0.01 * min(lines.shape)))
    lines[depth:-depth, depth:-depth] = False
    return len(components(lines)[1]) - 1


def _reached(lab: Floats, noise: float, seeds: Bools) -> Bools:
    scale = max(lab.shape[:2]) / 1000.0
    calm = cv2.GaussianBlur(lab, (0, 0), max(0.8, 1.5 * scale))
    slope = np.hypot(cv2.Sobel(calm, cv2.CV_32F, 1, 0), cv2.Sobel(calm, cv2.CV_32F, 0, 1)) / 8.0
    soft = lengths(np.asarray(slope, np.float32)) < _SOFT_STEP / scale + 0.4 * noise
    labels, stats = components(soft, connectivity=4)
    seeded = share_of(labels, seeds) * stats[:, cv2.CC_STAT_AREA] > 0.002 * lab.shape[0]
    seeded[0] = False
    return np.asarray(seeded[labels])
