"""What the pipeline asks of a model, whatever library runs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kirakat.types import RGB, Alpha, ModelInfo, Sampling


class Segmenter(Protocol):
    """Finds the product in a photo."""

    @property
    def info(self) -> ModelInfo:
        """Name, revision and licence."""
        ...

    def segment(self, pixels: RGB) -> Alpha:
        """Coverage (H, W) in [0, 1] of the salient object in an (H, W, 3) picture."""
        ...


class EdgeDetector(Protocol):
    """Draws the edges that ControlNet follows."""

    def detect(self, pixels: RGB) -> NDArray[np.uint8]:
        """Edges (H, W), 0 or 255, of an (H, W, 3) picture."""
        ...


@dataclass(frozen=True, kw_only=True)
class GenerationItem:
    """One picture to generate; all items of a batch share one size."""

    prompt: str
    negative: str
    # (h, w, 3): white edges on black.
    control: RGB
    # A square picture of the product on a plain ground, or None.
    conditioning: RGB | None
    # (h, w, 3): the picture to start from, or None to start from noise.
    init: RGB | None
    # (h, w): where the model may paint (1) and where not (0); only inpainting reads it.
    paintable: Alpha | None = None
    seed: int


@dataclass(frozen=True, kw_only=True)
class Generated:
    """What a generator made of one item."""

    # (h, w, 3)
    pixels: RGB
    # `init` through the model's autoencoder alone, (h, w, 3); None when started from noise.
    reconstruction: RGB | None


class Generator(Protocol):
    """Draws backgrounds. The same item gives the same picture whatever its batch."""

    @property
    def info(self) -> ModelInfo:
        """Name, revision, licence and native size."""
        ...

    def generate(self, items: Sequence[GenerationItem], sampling: Sampling) -> list[Generated]:
        """One result an item, in order.

        Raises `ModelError` when items differ in size or in having an `init`.
        """
        ...
