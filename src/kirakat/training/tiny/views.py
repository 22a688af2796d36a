"""Views of a training render: whole or cropped, mirrored or not, at a training size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class View:
    """A window of a square render and the size it is trained at, in pixels."""

    top: int
    left: int
    height: int
    width: int
    # (height, width) after resampling.
    size: tuple[int, int]
    mirrored: bool

    def of(self, pixels: Pixels) -> Pixels:
        """The view of (H, W) or (H, W, C) pixels."""
        from PIL import Image

        window = pixels[self.top : self.top + self.height, self.left : self.left + self.width]
        if self.mirrored:
            window = window[:, ::-1]
        if window.shape[:2] == self.size:
            return np.ascontiguousarray(window)
        image = Image.fromarray(np.ascontiguousarray(window))
        return np.asarray(image.resize(self.size[::-1], Image.Resampling.LANCZOS))


def views_of(side: int, rng: np.random.Generator) -> list[View]:
    """The views one render of `side` pixels is trained with.

    Half size: whole, both ways, and three closer crops. Full size: whole, both ways, and one
    wide or tall window of 16:9.
    """
    half = (side // 2, side // 2)
    views = [_whole(side, half, mirrored) for mirrored in (False, True)]
    views += [_closer(side, half, rng) for _ in range(3)]
    views += [_whole(side, (side, side), mirrored) for mirrored in (False, True)]
    return [*views, _long(side, rng)]


def _whole(side: int, size: tuple[int, int], mirrored: bool) -> View:
    return View(top=0, left=0, height=side, width=side, size=size, mirrored=mirrored)


def _closer(side: int, size: tuple[int, int], rng: np.random.Generator) -> View:
    window = int(side * rng.uniform(0.65, 0.95))
    top, left = (int(rng.integers(side - window + 1)) for _ in range(2))
    mirrored = bool(rng.random() < 0.5)
    return View(top=top, left=left, height=window, width=window, size=size, mirrored=mirrored)


def _long(side: int, rng: np.random.Generator) -> View:
    # A multiple of 32 near 9/16 of the side, so that the UNet halves the latent evenly.
    short = side * 9 // 16 // 32 * 32 or side // 2
    # Low in the picture, where products stand.
    start = int(rng.integers((side - short) // 2, side - short + 1))
    mirrored = bool(rng.random() < 0.5)
    if rng.random() < 0.5:
        return View(
            top=start, left=0, height=short, width=side, size=(short, side), mirrored=mirrored
        )
    start = (side - short) // 2
    return View(top=0, left=start, height=side, width=short, size=(side, short), mirrored=mirrored)
