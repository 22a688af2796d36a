"""The ground seen through a product is not the product."""

from __future__ import annotations

import numpy as np

from kirakat.imaging.colour import rgb_to_lab
from kirakat.imaging.matting.backdrop import detect_backdrop
from kirakat.imaging.matting.glass import find_glass
from kirakat.types import RGB, Alpha

SIZE = 360


def _arch(*, filled: bool = False) -> Alpha:
    """A headband: three sides of a frame, open below; or the whole region it spans."""
    arch = np.zeros((SIZE, SIZE), np.float32)
    arch[80:280, 90:270] = 1.0
    if not filled:
        arch[105:280, 115:245] = 0.0
    return arch


def _photo() -> RGB:
    """A dark arch over light grey, with a line of shadow on the floor between its feet."""
    pixels = np.full((SIZE, SIZE, 3), 226.0) + np.random.default_rng(4).normal(0, 0.8, (1, 1, 3))
    pixels += np.random.default_rng(5).normal(0, 0.8, pixels.shape)
    pixels[276:282] -= 14.0
    pixels[_arch() > 0] = (60, 60, 66)
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def _sees_all(pixels: RGB) -> Alpha:
    """A segmenter that takes the arch and what it spans for one thing."""
    return np.resize(_arch(filled=True), pixels.shape[:2]).astype(np.float32)


def test_the_space_under_a_headband_is_not_glass() -> None:
    """Otherwise headphones carry the studio's ground between their cups as a veil."""
    lab = rgb_to_lab(_photo())
    backdrop = detect_backdrop(lab, _arch())
    assert backdrop is not None
    assert not find_glass(lab, _arch() > 0.5, backdrop, _sees_all).any()
