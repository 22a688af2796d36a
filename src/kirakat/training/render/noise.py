"""Tileable noise on the unit square, the raw material of every procedural texture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def spectral_noise(
    n: int,
    beta: float,
    rng: np.random.Generator,
    *,
    low: float = 1.0,
    stretch: float = 1.0,
) -> Array:
    """Periodic Gaussian noise (n, n) with power spectrum 1/f^beta, zero mean, unit deviation.

    `low` is the lowest frequency kept, in cycles across the tile; `stretch` > 1 draws the
    features out along x.
    """
    fy = np.fft.fftfreq(n)[:, None] * n
    fx = np.fft.rfftfreq(n)[None, :] * n * stretch
    radius = np.hypot(fx, fy)
    amplitude = np.where(radius >= low, np.maximum(radius, 1e-9) ** (-beta / 2), 0.0)
    shape = (n, n // 2 + 1)
    spectrum = amplitude * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape))
    field = np.fft.irfft2(spectrum, s=(n, n))
    return np.asarray((field - field.mean()) / (field.std() + 1e-12), dtype=np.float64)


def band_noise(n: int, frequency: float, rng: np.random.Generator, *, width: float = 0.5) -> Array:
    """Periodic noise (n, n) around one frequency (cycles a tile); `width` in octaves."""
    fy = np.fft.fftfreq(n)[:, None] * n
    fx = np.fft.rfftfreq(n)[None, :] * n
    octaves = np.log2(np.maximum(np.hypot(fx, fy), 1e-3) / frequency)
    amplitude = np.exp(-0.5 * (octaves / width) ** 2)
    shape = (n, n // 2 + 1)
    spectrum = amplitude * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape))
    field = np.fft.irfft2(spectrum, s=(n, n))
    return np.asarray((field - field.mean()) / (field.std() + 1e-12), dtype=np.float64)


def warp(field: Array, dx: Array, dy: Array) -> Array:
    """Sample a periodic (n, n) field displaced by (dx, dy), given in fractions of the tile."""
    from scipy.ndimage import map_coordinates

    n = field.shape[0]
    rows, columns = np.mgrid[0:n, 0:n].astype(np.float64)
    moved = map_coordinates(field, [rows + dy * n, columns + dx * n], order=1, mode="grid-wrap")
    return np.asarray(moved, dtype=np.float64)


def smoothstep(low: float, high: float, value: Array) -> Array:
    """Hermite step from 0 at `low` to 1 at `high`, element by element."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), dtype=np.float64)


def blur(field: Array, sigma: float) -> Array:
    """Periodic Gaussian blur; `sigma` in texels."""
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(field, sigma, mode="wrap"), dtype=np.float64)
