"""One deterministic step of sampling, and the timesteps between which samplers step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kirakat.training.tiny.batches import Batch
from kirakat.training.tiny.build import TinyModules
from kirakat.training.tiny.diffusion import predict_velocity
from kirakat.training.tiny.objective import STEPS

if TYPE_CHECKING:
    from torch import Tensor


def ddim_step(
    modules: TinyModules,
    batches: tuple[Batch, Batch],
    latents: Tensor,
    times: tuple[Tensor, ...],
    levels: Tensor,
    guidance: float,
) -> Tensor:
    """Latents (B, C, h, w) from the first to the second of `times` (B,) (arXiv 2010.02502).

    `batches` are the conditions and what guidance leads away from; guidance 1 is none.
    """
    (batch, blank), (begin, end) = batches, times
    velocity = predict_velocity(modules, batch, latents, begin).float()
    if guidance != 1.0:
        plain = predict_velocity(modules, blank, latents, begin).float()
        velocity = plain + guidance * (velocity - plain)
    signal, spread = shares(levels, begin)
    clean, noise = signal * latents - spread * velocity, spread * latents + signal * velocity
    end_signal, end_spread = shares(levels, end)
    return end_signal * clean + end_spread * noise


def shares(levels: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
    """Roots of the signal's and the noise's level at timesteps (B,), each (B, 1, 1, 1).

    The timestep -1 is the clean picture.
    """
    import torch

    level = torch.where(times < 0, torch.ones_like(levels[:1]), levels[times.clamp(min=0)])
    return level.sqrt().view(-1, 1, 1, 1), (1 - level).sqrt().view(-1, 1, 1, 1)


def trailing_grid(steps: int) -> NDArray[np.int64]:
    """(steps + 1,) timesteps at which sampling in so many steps stops, as diffusers spaces them.

    The last is -1, the clean picture.
    """
    return np.arange(STEPS, -1, -STEPS / steps).round().astype(np.int64) - 1
