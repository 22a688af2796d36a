"""Train the autoencoder: a loop that yields one record a step; its caller logs, stops and saves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kirakat.training.tiny.build import build_autoencoder
from kirakat.training.tiny.checkpoint import TrainingState
from kirakat.training.tiny.config import AutoencoderTraining, TinyConfig
from kirakat.training.tiny.discriminator import adversarial_loss, critic_step, new_critic
from kirakat.training.tiny.ema import Ema
from kirakat.training.tiny.losses import gradient_loss, latent_divergence, spectrum_loss
from kirakat.training.tiny.schedule import learning_rate, set_learning_rate

if TYPE_CHECKING:
    from torch import Tensor, nn

    from kirakat.training.tiny.networks import (
        AutoencoderKL,
    )

# Draws (batch, 3, side, side) pictures in [-1, 1].
CropSource = Callable[[np.random.Generator, int, int], "Tensor"]


@dataclass(frozen=True, kw_only=True)
class AutoencoderStep:
    """What one step measured, before its update."""

    step: int
    learning_rate: float
    loss: float
    # Mean absolute error of the pixels, of a range of 2.
    l1: float
    kl: float
    # Hinge loss of the discriminator; 0 while it takes no part.
    critic: float


def new_autoencoder_state(
    config: TinyConfig, device: str = "cpu", start: AutoencoderKL | None = None
) -> TrainingState:
    """A fresh autoencoder, or the trained one to `start` from, with optimiser, average, seeds."""
    import torch

    torch.manual_seed(config.data.seed)
    model = start or build_autoencoder(config.autoencoder, config.data.picture)
    model = model.to(device).train()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=0.0, betas=(0.9, 0.99), weight_decay=1e-4, fused=True
    )
    plan = config.autoencoder_training
    return TrainingState(
        module=model,
        optimizer=optimizer,
        ema=Ema(model, plan.ema),
        rng=np.random.default_rng(config.data.seed),
        critic=new_critic(plan.adversarial_channels, device) if plan.adversarial_weight else None,
    )


def train_autoencoder(
    state: TrainingState, plan: AutoencoderTraining, crops: CropSource
) -> Iterator[AutoencoderStep]:
    """Train from `state.step` to `plan.steps`, yielding after each update.

    Stop by leaving the iteration; resume by calling again with the restored state.
    """
    import torch

    device = next(state.module.parameters()).device
    while state.step < plan.steps:
        rate = learning_rate(
            state.step,
            steps=plan.steps,
            warm_up=plan.warm_up,
            peak=plan.learning_rate,
            final=plan.final_learning_rate,
        )
        set_learning_rate(state.optimizer, rate)
        large = state.rng.random() < plan.large_share
        batch, side = (plan.large_batch, plan.large_crop) if large else (plan.batch, plan.crop)
        pictures = crops(state.rng, batch, side).to(device)
        told = autoencoder_loss(state.module, pictures, plan)
        loss, critic = told.total, None
        if state.critic is not None and state.step >= plan.adversarial_from * plan.steps:
            set_learning_rate(state.critic.optimizer, rate)
            deceiving = adversarial_loss(state.critic, told.made, told.total, _last(state.module))
            loss = loss + plan.adversarial_weight * deceiving
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(state.module.parameters(), 1.0)
        state.optimizer.step()
        if state.critic is not None and state.step >= plan.adversarial_from * plan.steps:
            critic = critic_step(state.critic, told.made, pictures)
        state.ema.update(state.module)
        state.step += 1
        yield AutoencoderStep(
            step=state.step,
            learning_rate=rate,
            loss=float(loss.detach()),
            l1=float(told.l1.detach()),
            kl=float(told.kl.detach()),
            critic=0.0 if critic is None else float(critic),
        )


class Told(NamedTuple):
    """What one batch says: the sum of the losses, two of them, and what was made (B, 3, H, W)."""

    total: Tensor
    l1: Tensor
    kl: Tensor
    made: Tensor


def autoencoder_loss(model: nn.Module, pictures: Tensor, plan: AutoencoderTraining) -> Told:
    """The losses of one batch (B, 3, H, W) in [-1, 1], without the discriminator's."""
    import torch

    autoencoder: AutoencoderKL = model
    with torch.autocast(pictures.device.type, torch.bfloat16, enabled=plan.bfloat16):
        with torch.set_grad_enabled(not plan.decoder_only):
            latents = autoencoder.encode(pictures).latent_dist
        made = autoencoder.decode(latents.sample()).sample
    made = made.float()
    l1 = (made - pictures).abs().mean()
    kl = latent_divergence(latents.mean.float(), latents.logvar.float())
    total = (
        l1
        + plan.gradient_weight * gradient_loss(made, pictures)
        + plan.spectrum_weight * spectrum_loss(made, pictures)
        + plan.kl_weight * kl
    )
    return Told(total=total, l1=l1, kl=kl, made=made)


def _last(model: nn.Module) -> Tensor:
    """The weights that every gradient of a picture passes first."""
    autoencoder: AutoencoderKL = model
    weights: Tensor = autoencoder.decoder.conv_out.weight
    return weights
