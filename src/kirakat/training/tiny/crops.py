"""Random crops of training pictures for the autoencoder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kirakat.errors import TrainingError
from kirakat.training.tiny.dead_leaves import dead_leaves

if TYPE_CHECKING:
    from torch import Tensor

Picture = NDArray[np.uint8]


class CropPool:
    """Pictures in memory, each whole and halved, from which crops are drawn with flips.

    `procedural_share` of the crops come from dead leaves instead, all of them while the pool
    is empty. Pictures may be added while a training runs.
    """

    def __init__(
        self, *, procedural: int, procedural_side: int, procedural_share: float, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        self._procedural = [dead_leaves(rng, procedural_side) for _ in range(procedural)]
        self._procedural_share = procedural_share
        self._pictures: list[Picture] = []

    def __len__(self) -> int:
        return len(self._pictures)

    def add(self, pictures: Iterable[Picture]) -> None:
        """Take (H, W, 3) pictures into the pool."""
        from PIL import Image

        for picture in pictures:
            self._pictures.append(picture)
            half = Image.fromarray(picture).reduce(2)
            self._pictures.append(np.asarray(half))

    def draw(self, rng: np.random.Generator, batch: int, side: int) -> Tensor:
        """(batch, 3, side, side) crops in [-1, 1]. Raises `TrainingError` when none fits."""
        import torch

        crops = np.stack([self._crop(rng, side) for _ in range(batch)])
        return torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 127.5 - 1

    def _crop(self, rng: np.random.Generator, side: int) -> Picture:
        procedural = not self._pictures or rng.random() < self._procedural_share
        pictures = self._procedural if procedural else self._pictures
        for _ in range(100):
            picture = pictures[int(rng.integers(len(pictures)))]
            if min(picture.shape[:2]) >= side:
                break
        else:
            raise TrainingError(f"no picture is as large as a crop of {side} pixels")
        top = int(rng.integers(picture.shape[0] - side + 1))
        left = int(rng.integers(picture.shape[1] - side + 1))
        crop = picture[top : top + side, left : left + side]
        return crop[:, ::-1] if rng.random() < 0.5 else crop
