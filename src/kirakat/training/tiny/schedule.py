"""Learning rate over a training: linear warm-up, perhaps a plateau, then half a cosine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def learning_rate(
    step: int, *, steps: int, warm_up: int, peak: float, final: float, plateau: float = 0.0
) -> float:
    """The rate at `step` of `steps`; after the end it stays at `final`.

    For the share `plateau` of what follows the warm-up it stays at `peak`, so that what joins
    late still learns (warmup-stable-decay, Hu et al., arXiv 2404.06395).
    """
    if step < warm_up:
        return peak * (step + 1) / warm_up
    done = min(1.0, (step - warm_up) / max(1, steps - warm_up))
    done = max(0.0, (done - plateau) / (1 - plateau))
    return final + (peak - final) * 0.5 * (1 + math.cos(math.pi * done))


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Use `rate` for every parameter from now on."""
    for group in optimizer.param_groups:
        group["lr"] = rate
