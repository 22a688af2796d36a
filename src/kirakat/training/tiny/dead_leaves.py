"""Procedural pictures with the statistics of natural ones, for training an autoencoder.

Occluding shapes of power-law sizes, after Lee, Mumford and Huang, "Occlusion models for
natural images" (IJCV 2001); each leaf has its own colour gradient, grain and edge softness.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kirakat.training.tiny.textures import Plane, clouds


def dead_leaves(rng: np.random.Generator, side: int) -> NDArray[np.uint8]:
    """One (side, side, 3) picture."""
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / np.float32(side)
    picture = _fill(rng, rows, columns)
    for _ in range(int(rng.integers(3, 28))):
        coverage = _leaf(rng, rows, columns)[..., None]
        picture += coverage * (_fill(rng, rows, columns) - picture)
    picture = _shade(rng, rows, columns, picture)
    return np.asarray(np.clip(picture * 255 + 0.5, 0, 255), np.uint8)


def _leaf(rng: np.random.Generator, rows: Plane, columns: Plane) -> Plane:
    """Coverage of an ellipse, a box or a half-plane with an edge of random softness."""
    # A power law of exponent 3 between the smallest and the largest radius.
    radius = 0.6 / np.sqrt(1 + rng.random() * 400)
    angle = rng.uniform(0, np.pi)
    y, x = rows - rng.random(), columns - rng.random()
    u = (np.cos(angle) * x + np.sin(angle) * y) / (radius * rng.uniform(0.4, 2.5))
    v = (np.cos(angle) * y - np.sin(angle) * x) / radius
    kind = rng.integers(4)
    if kind == 0:
        distance = np.maximum(np.abs(u), np.abs(v))
    elif kind == 1:
        distance = np.abs(u) * 4
    else:
        distance = np.sqrt(u * u + v * v)
    softness = 0.5 if rng.random() < 0.25 else 0.004 / radius
    return np.asarray(np.clip((1 - distance) / softness + 0.5, 0, 1), np.float32)


def _fill(rng: np.random.Generator, rows: Plane, columns: Plane) -> Plane:
    """A colour gradient with grain, stripes or nothing on it."""
    # Muted colours, like those of rooms and studios: near a grey of the same picture.
    colour = rng.random() + rng.uniform(0.1, 1) ** 2 * (rng.random(3) - 0.5)
    slope = rng.normal(0, 0.12, (2, 1, 1, 1))
    fill = colour + slope[0] * (rows[..., None] - 0.5) + slope[1] * (columns[..., None] - 0.5)
    kind = rng.integers(8)
    if kind == 0:
        fill = fill + rng.uniform(0.01, 0.04) * rng.standard_normal(rows.shape)[..., None]
    elif kind == 1:
        angle, waves = rng.uniform(0, np.pi), rng.uniform(4, 50)
        phase = waves * 2 * np.pi * (np.cos(angle) * rows + np.sin(angle) * columns)
        fill = fill + rng.uniform(0.02, 0.2) * np.sin(phase)[..., None]
    elif kind == 2:
        fill = (
            fill
            + rng.uniform(0.03, 0.25) * clouds(rng, rows.shape[0], rng.uniform(0.8, 2))[..., None]
        )
    return np.asarray(fill, np.float32)


def _shade(rng: np.random.Generator, rows: Plane, columns: Plane, picture: Plane) -> Plane:
    """A soft shadow or a pool of light over everything."""
    y, x = rows - rng.random(), columns - rng.random()
    spread = rng.uniform(0.1, 0.8)
    pool = np.exp(-(x * x + y * y) / (2 * spread * spread))
    return np.asarray(picture * (1 + rng.uniform(-0.6, 0.5) * pool[..., None]), np.float32)
