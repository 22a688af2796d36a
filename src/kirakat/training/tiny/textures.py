"""Procedural textures and light patterns for sketches, as planes (S, S) around 0 or in [0, 1]."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]


def clouds(rng: np.random.Generator, side: int, roughness: float, stretch: float = 1.0) -> Plane:
    """Tileable noise of unit deviation with a 1/f^`roughness` spectrum; stretched along x."""
    rows, columns = np.meshgrid(np.fft.fftfreq(side), np.fft.rfftfreq(side), indexing="ij")
    frequency = np.hypot(rows, columns * stretch)
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(rng.standard_normal((side, side))) / frequency**roughness
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, (side, side))
    return np.asarray(noise / noise.std(), np.float32)


def surface_texture(rng: np.random.Generator, surface: str, side: int) -> Plane:
    """Brightness of a surface relative to its mean, about -.3 to .3."""
    return np.asarray(_relief(rng, surface, side), np.float32)


def _relief(rng: np.random.Generator, surface: str, side: int) -> NDArray[np.floating]:
    if surface == "marble":
        veins = np.exp(-6 * np.abs(clouds(rng, side, 1.7)))
        return np.asarray(0.03 * clouds(rng, side, 1.5) - 0.25 * veins)
    if surface == "wood":
        grain = clouds(rng, side, 1.3, stretch=12)
        return np.asarray(0.07 * grain + 0.06 * np.sin(grain * 4))
    if surface == "linen":
        return np.asarray(0.04 * (clouds(rng, side, 0.6, 25) + clouds(rng, side, 0.6, 25).T))
    if surface == "terrazzo":
        chips = np.abs(clouds(rng, side, 1.3)) > 1.4
        return np.asarray(0.22 * np.sign(clouds(rng, side, 1.2)) * chips)
    if surface in ("sand", "water"):
        ripples = np.linspace(0, 2 * np.pi * 14, side)[:, None]
        return np.asarray(0.08 * np.sin(ripples + 2.5 * clouds(rng, side, 2.2)))
    if surface in ("concrete", "stone", "plaster", "moss"):
        return np.asarray((0.16 if surface == "moss" else 0.05) * clouds(rng, side, 1.0))
    return np.zeros((side, side))


def light_pattern(rng: np.random.Generator, lighting: str, side: int) -> Plane:
    """Light (S, S) that falls on wall and floor, about .4 to 1.2."""
    import cv2

    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / np.float32(side)
    lean = float(rng.uniform(-0.5, 0.5))
    if lighting == "window-blind":
        waves = np.sin(2 * np.pi * rng.uniform(4, 9) * (rows + lean * columns)) > -0.2
        window = np.abs(columns - 0.5 - lean * (rows - 0.5)) < rng.uniform(0.2, 0.45)
        lit = (waves & window).astype(np.float32)
        pattern = 0.65 + 0.5 * cv2.GaussianBlur(lit, (0, 0), side * rng.uniform(0.004, 0.015))
    elif lighting == "foliage-shadow":
        leaves = (clouds(rng, side, 1.6) > 0.5).astype(np.float32)
        pattern = 1.1 - 0.45 * cv2.GaussianBlur(leaves, (0, 0), side * rng.uniform(0.008, 0.025))
    elif lighting in ("spotlight", "rim"):
        x, y = columns - rng.uniform(0.35, 0.65), rows - rng.uniform(0.4, 0.7)
        pattern = 0.4 + 0.75 * np.exp(-(x * x + y * y) / rng.uniform(0.08, 0.2))
    else:
        strength = 0.1 if lighting == "overcast" else 0.4
        pattern = 1 + strength * (lean * 2 * (columns - 0.5) - 0.5 * (rows - 0.5))
    return np.asarray(pattern, np.float32)
