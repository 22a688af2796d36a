"""Planes of numbers: working sizes, sampling, luminance."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.types import RGB

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Labels = NDArray[np.int32]


def luminance(lightness: Floats) -> Floats:
    """Relative luminance in [0, 1] of CIE L (CIE 15: cube above the toe, linear below)."""
    cube = ((lightness + 16.0) / 116.0) ** 3
    return np.where(lightness > 8.0, cube, lightness / 903.3).astype(np.float32)


def fit_within(pixels: RGB, long_side: int) -> RGB:
    """The picture, shrunk (never enlarged) so that its longer side is at most `long_side`."""
    height, width = pixels.shape[:2]
    factor = long_side / max(height, width)
    if factor >= 1.0:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def sampled(plane: Floats, where: Bools) -> Floats:
    """Values (n[, c]) of a small plane (h, w[, c]) at the pixels that are true in (H, W) `where`.

    The same as `resized(plane, where.shape)[where]`, without making the large plane.
    """
    rows, columns = np.nonzero(where)
    if not len(rows):
        return np.zeros((0, *plane.shape[2:]), np.float32)
    x = (columns + 0.5) * (plane.shape[1] / where.shape[1]) - 0.5
    y = (rows + 0.5) * (plane.shape[0] / where.shape[0]) - 0.5
    # OpenCV maps at most 32767 columns: the pixels are laid out in rows of 4096.
    count = -(-len(x) // 4096) * 4096
    x_map, y_map = (np.resize(v.astype(np.float32), (count // 4096, 4096)) for v in (x, y))
    taken = cv2.remap(plane, x_map, y_map, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(taken, np.float32).reshape(count, *plane.shape[2:])[: len(x)]


def resized(plane: Floats, shape: tuple[int, ...]) -> Floats:
    """A plane (h, w[, c]) of floats, bilinearly resized to (H, W) = `shape[:2]`."""
    if plane.shape[:2] == tuple(shape[:2]):
        return plane
    out = cv2.resize(plane, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(out, np.float32)


def components(mask: Bools, *, connectivity: int = 8) -> tuple[Labels, Labels]:
    """The connected parts of a mask: labels (h, w), 0 outside it, and one row for each label.

    A row holds left, top, width, height and area, as OpenCV's `CC_STAT_*` number them.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=connectivity
    )
    return np.asarray(labels, np.int32), np.asarray(stats, np.int32)


def lengths(vectors: Floats) -> Floats:
    """Euclidean length (h, w) of each pixel's vector (h, w, c), in a single pass."""
    return np.asarray(np.sqrt(np.einsum("hwc,hwc->hw", vectors, vectors)), np.float32)


def share_of(labels: Labels, values: Bools | Floats) -> NDArray[np.float64]:
    """Mean of `values` (h, w) over each label."""
    count = int(labels.max()) + 1
    areas = np.bincount(labels.ravel(), minlength=count)
    return np.bincount(labels.ravel(), values.ravel(), count) / np.maximum(areas, 1)


def disc_kernel(radius: int) -> NDArray[np.uint8]:
    """A filled circle (2 r + 1, 2 r + 1) for morphology."""
    size = (2 * radius + 1, 2 * radius + 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, size), np.uint8)


def widened(mask: Bools, radius: int) -> Bools:
    """The mask grown by `radius` pixels."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8), disc_kernel(radius)) > 0)
