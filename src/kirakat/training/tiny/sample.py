"""Draw pictures from noise during an evaluation, before anything is exported."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kirakat.training.tiny.batches import Batch, LatentPool
from kirakat.training.tiny.build import TinyModules
from kirakat.training.tiny.ddim import ddim_step, trailing_grid
from kirakat.training.tiny.objective import signal_levels

if TYPE_CHECKING:
    from torch import Tensor

    from kirakat.training.tiny.networks import AutoencoderKL

Pixels = NDArray[np.uint8]


def sample_latents(
    modules: TinyModules, batch: Batch, pool: LatentPool, *, steps: int, guidance: float
) -> Tensor:
    """Latents like `batch.pictures`, drawn from noise for the batch's conditions."""
    import torch

    levels = signal_levels().to(batch.pictures.device)
    blank = pool.without_conditions(batch)
    latents = torch.randn_like(batch.pictures)
    grid = trailing_grid(steps)
    with torch.inference_mode():
        for pair in pairwise(grid):
            times = (torch.full((len(latents),), int(time)).to(latents.device) for time in pair)
            latents = ddim_step(modules, (batch, blank), latents, (*times,), levels, guidance)
    return latents


def decode_latents(autoencoder: AutoencoderKL, latents: Tensor) -> list[Pixels]:
    """Pictures (H, W, 3) of latents (B, C, h, w) as the UNet sees them."""
    import torch

    with torch.inference_mode():
        scale = float(autoencoder.config["scaling_factor"])
        made = autoencoder.decode(latents.to(autoencoder.device) / scale).sample
    pixels = ((made.permute(0, 2, 3, 1).float().cpu().numpy() + 1) * 127.5).round()
    return list(np.asarray(np.clip(pixels, 0, 255), np.uint8))
