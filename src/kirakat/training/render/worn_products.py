"""Clothes, laid out flat as merchants photograph them from above."""

from __future__ import annotations

import numpy as np

from kirakat.training.render.materials import surface
from kirakat.training.render.mesh import Array, Mesh, grid_mesh, join, tube
from kirakat.training.render.noise import blur, spectral_noise
from kirakat.training.render.palettes import Rgb, shade
from kirakat.training.render.stage import Part
from kirakat.training.render.turned_products import Parts, Rng

_LENGTH = 5.3
_NECK = 0.78


def tee(rng: Rng, colour: Rgb) -> Parts:
    """T-shirt lying on z = 0, its hem at y = 0 and its collar towards +y."""
    creases = _creases(rng)
    cloth = surface("fabric", colour, 4, size=1024, tile=0.55)
    lining = surface("fabric", shade(colour, 0.72), 5, size=512, tile=0.55)
    body = _torso(creases)
    sleeves = [_sleeve(side, creases) for side in (-1.0, 1.0)]
    x = np.linspace(-_NECK, _NECK, 60)
    front = np.stack([x, _neckline(x), np.full_like(x, 0.2)], 1)
    back = np.stack([x, _LENGTH - 0.02 - 0.16 * (1 - (x / _NECK) ** 2), 0 * x + 0.1], 1)
    collar = join(_ribbing(front, 0.11), _ribbing(back, 0.11))
    return (
        Part(mesh=join(body, *sleeves), material=cloth),
        Part(mesh=collar, material=cloth),
        Part(mesh=_back_panel(), material=lining),
    )


def _creases(rng: Rng) -> Array:
    """Soft wrinkles (n, n) of about unit height over the shirt's 6.4 x 6.4 square."""
    n = 256
    broad = blur(spectral_noise(n, 3.8, rng), 3.0)
    # Cloth creases along its length: long ridges, leaning.
    lines = 1.0 - np.abs(spectral_noise(n, 3.6, rng, low=2, stretch=2.6).T)
    return np.asarray(0.8 * broad + 1.1 * blur(np.maximum(lines, 0.0) ** 5, 2.5))


def _lift(creases: Array, x: Array, y: Array, edge: Array) -> Array:
    """Height of the cloth at (x, y); `edge` is 0 at a border and 1 well inside."""
    n = len(creases)
    row = np.clip(((y + 0.8) / 6.4 * n).astype(int), 0, n - 1)
    column = np.clip(((x + 3.2) / 6.4 * n).astype(int), 0, n - 1)
    puff = 1.0 - (1.0 - np.clip(edge, 0.0, 1.0)) ** 3
    return np.asarray(0.17 * puff + 0.035 * creases[row, column] * puff)


def _neckline(x: Array) -> Array:
    inside = np.sqrt(np.maximum(1.0 - (x / _NECK) ** 2, 0.0))
    return np.asarray(_LENGTH - 0.68 * inside)


def _torso(creases: Array) -> Mesh:
    s, t = np.meshgrid(np.linspace(-1, 1, 361), np.linspace(0, 1, 181))
    width = np.interp(t, (0.0, 0.35, 0.68, 0.86, 1.0), (1.72, 1.64, 1.68, 1.55, 1.62))
    x = s * width
    shoulder = _LENGTH - 0.34 * np.maximum(np.abs(x) - _NECK, 0.0)
    top = np.where(np.abs(x) < _NECK, _neckline(x), shoulder)
    y = t * top
    edge = np.minimum((1.0 - np.abs(s)) * 5.0, np.minimum(t, 1.0 - t) * 14.0)
    points = np.stack([x, y, _lift(creases, x, y, edge)], 2)
    return grid_mesh(points, points[..., :2])


def _sleeve(side: float, creases: Array) -> Mesh:
    s, t = np.meshgrid(np.linspace(0, 1, 121), np.linspace(0, 1, 121))
    shoulder, underarm = np.array([1.42, _LENGTH - 0.2]), np.array([1.5, _LENGTH - 1.75])
    cuff_top, cuff_low = np.array([2.98, _LENGTH - 1.35]), np.array([2.36, _LENGTH - 2.28])
    near = underarm + t[..., None] * (shoulder - underarm)
    far = cuff_low + t[..., None] * (cuff_top - cuff_low)
    flat = near + s[..., None] * (far - near)
    flat[..., 1] += 0.16 * np.sin(np.pi * s) * t
    x, y = side * flat[..., 0], flat[..., 1]
    edge = np.minimum(np.minimum(t, 1.0 - t) * 7.0, (1.0 - s) * 12.0)
    lift = _lift(creases, x, y, edge) - 0.05 * (1.0 - s)
    points = np.stack([x, y, lift], 2)
    return grid_mesh(points, points[..., :2])


def _back_panel() -> Mesh:
    s, t = np.meshgrid(np.linspace(-1, 1, 41), np.linspace(0, 1, 21))
    x = s * (_NECK + 0.02)
    top = _LENGTH - 0.02 - 0.16 * (1 - (x / _NECK) ** 2)
    y = _LENGTH - 1.0 + t * (top - _LENGTH + 1.0)
    points = np.stack([x, y, np.full_like(x, 0.055)], 2)
    return grid_mesh(points, points[..., :2])


def _ribbing(path: Array, radius: float) -> Mesh:
    """Flat rib along the neckline."""
    round_ = tube(path, radius, segments=20)
    centre = float(path[:, 2].mean())
    return round_.moved(z=-centre).scaled(1.0, 1.0, 0.42).moved(z=centre)
