"""Synthetic product photos with known mattes, and a segmenter that needs no weights."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kirakat.types import RGB, Alpha, ModelInfo, SourceImage


@dataclass(frozen=True)
class OracleSegmenter:
    """Sees a given matte, blurred as a network's would be, whatever it is shown."""

    truth: Alpha

    @property
    def info(self) -> ModelInfo:
        """An invented model."""
        return ModelInfo(name="oracle", revision="1", licence="none", native_size=320)

    def segment(self, pixels: RGB) -> Alpha:
        """The matte at the picture's size."""
        size = (pixels.shape[1], pixels.shape[0])
        seen = cv2.resize(self.truth, size, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.GaussianBlur(seen, (0, 0), 0.006 * max(size)), np.float32)


def disc(size: int, *, radius: float = 0.28, x: float = 0.5, y: float = 0.5) -> Alpha:
    """An anti-aliased disc (size, size); lengths are fractions of the size."""
    rows, columns = np.mgrid[:size, :size] + 0.5
    distance = np.hypot(columns - x * size, rows - y * size)
    return np.asarray(np.clip(radius * size - distance + 0.5, 0.0, 1.0), np.float32)


def ring(size: int) -> Alpha:
    """A disc with a hole, such as a mug's handle."""
    return np.asarray(np.clip(disc(size) - disc(size, radius=0.16), 0.0, 1.0), np.float32)


def even_ground(size: int, colour: tuple[int, int, int] = (240, 240, 240)) -> NDArray[np.float32]:
    """One colour (size, size, 3)."""
    return np.full((size, size, 3), colour, np.float32)


def graded_ground(size: int) -> NDArray[np.float32]:
    """Light that falls off to a corner, with sensor noise."""
    rows, columns = np.mgrid[:size, :size] / size
    light = 245.0 - 40.0 * rows - 25.0 * columns**2
    noise = np.random.default_rng(7).normal(0.0, 1.5, (size, size, 3))
    return np.asarray(light[..., None] + noise, np.float32)


def shaded(ground: NDArray[np.float32], truth: Alpha) -> NDArray[np.float32]:
    """The ground with a soft shadow to the lower right of the product."""
    size = len(truth)
    moved = np.roll(truth, (round(0.06 * size), round(0.06 * size)), (0, 1))
    shadow = cv2.GaussianBlur(moved, (0, 0), 0.035 * size)
    return ground * (1.0 - 0.35 * shadow[..., None])


def photo(
    truth: Alpha,
    ground: NDArray[np.float32],
    colour: tuple[int, int, int] = (30, 60, 120),
) -> SourceImage:
    """A product of one colour with fine texture, blended over the ground."""
    texture = np.random.default_rng(3).normal(0.0, 4.0, (*truth.shape, 1))
    product = np.asarray(colour, np.float32) + texture
    blend = truth[..., None] * product + (1.0 - truth[..., None]) * ground
    pixels = np.clip(np.rint(blend), 0, 255).astype(np.uint8)
    return SourceImage(pixels=pixels, alpha=None, sha256="0" * 64, uri="synthetic")


def overlap(one: Alpha, other: Alpha) -> float:
    """Intersection over union at half coverage."""
    a, b = one > 0.5, other > 0.5
    return float((a & b).sum() / (a | b).sum())
