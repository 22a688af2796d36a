"""Save and resume a training, so that a stop loses little and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kirakat.errors import TrainingError

if TYPE_CHECKING:
    import torch
    from torch import nn

    from kirakat.training.tiny.discriminator import Critic
    from kirakat.training.tiny.ema import Ema


@dataclass(kw_only=True)
class TrainingState:
    """All that a loop changes. Saved and restored whole, it continues bit-identically on a CPU."""

    module: nn.Module
    optimizer: torch.optim.Optimizer
    ema: Ema
    # Draws the batches; torch's own generator draws the noise.
    rng: np.random.Generator
    step: int = 0
    # The autoencoder's discriminator, where it has one.
    critic: Critic | None = None


def save_state(state: TrainingState, path: Path) -> None:
    """Write a checkpoint atomically: a reader sees the old one or the new one, whole."""
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    content = {
        "module": state.module.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        "ema": state.ema.state_dict(),
        "rng": state.rng.bit_generator.state,
        "torch_rng": torch.get_rng_state(),
        "step": state.step,
    }
    if torch.cuda.is_available():
        content["cuda_rng"] = torch.cuda.get_rng_state()
    if state.critic is not None:
        content["critic"] = state.critic.state_dict()
    torch.save(content, part)
    part.replace(path)


def load_state(state: TrainingState, path: Path) -> None:
    """Put a checkpoint into `state`. Raises `TrainingError` when it is of another shape."""
    content = read_checkpoint(path)
    try:
        state.module.load_state_dict(content["module"])
        state.optimizer.load_state_dict(content["optimizer"])
        # A training that began without its adversarial half goes on with a fresh one.
        if state.critic is not None and "critic" in content:
            state.critic.load_state_dict(content["critic"])
    except (RuntimeError, ValueError) as error:
        raise TrainingError(f"{path} does not fit this configuration: {error}") from error
    import torch

    state.ema.load_state_dict(content["ema"])
    state.rng.bit_generator.state = content["rng"]
    torch.set_rng_state(content["torch_rng"])
    if torch.cuda.is_available() and "cuda_rng" in content:
        torch.cuda.set_rng_state(content["cuda_rng"])
    state.step = content["step"]


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint's contents on the CPU. Raises `TrainingError` when there is none."""
    import torch

    if not path.is_file():
        raise TrainingError(f"no checkpoint at {path}", path=path)
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return content
