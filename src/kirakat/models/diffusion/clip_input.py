"""CLIP's picture preprocessing without its crop.

transformers' own differs with and without torchvision and cuts the middle out of a picture;
this one resizes the whole square, with PIL's bicubic kernel, on every machine alike.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kirakat.errors import ModelError
from kirakat.types import RGB

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class ClipInput:
    """Side in pixels, and mean and standard deviation by channel of values in [0, 1].

    The defaults are those of OpenAI's CLIP and of nearly every model made from it.
    """

    side: int
    mean: tuple[float, float, float] = (0.48145466, 0.4578275, 0.40821073)
    std: tuple[float, float, float] = (0.26862954, 0.26130258, 0.27577711)

    def __call__(self, product: RGB) -> torch.Tensor:
        """(1, 3, side, side) of a square picture; raises `ModelError` when it is none."""
        import torch
        from PIL import Image

        if product.shape[0] != product.shape[1]:
            raise ModelError("the conditioning picture must be square", shape=product.shape)
        sized = Image.fromarray(product).resize((self.side, self.side), Image.Resampling.BICUBIC)
        unit = np.asarray(sized, np.float32) / 255.0
        scaled = (unit - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return torch.from_numpy(np.ascontiguousarray(scaled.transpose(2, 0, 1)))[None]


def clip_input(base: Path, side: int) -> ClipInput:
    """The preprocessing that a checkpoint's feature_extractor/ names, else CLIP's own."""
    path = base / "feature_extractor" / "preprocessor_config.json"
    if not path.is_file():
        return ClipInput(side=side)
    config = json.loads(path.read_text("utf-8"))
    own = ClipInput(side=side)
    return ClipInput(
        side=side,
        mean=tuple(config.get("image_mean", own.mean)),
        std=tuple(config.get("image_std", own.std)),
    )
