"""Train UNet, ControlNet, text encoder and IP-Adapter together; one record a step is yielded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from kirakat.training.tiny.batches import Batch, LatentPool
from kirakat.training.tiny.build import TinyModules, build_modules
from kirakat.training.tiny.checkpoint import TrainingState
from kirakat.training.tiny.config import DiffusionTraining, TinyConfig
from kirakat.training.tiny.ema import Ema
from kirakat.training.tiny.objective import Noised, noise_batch, signal_levels, squared_error
from kirakat.training.tiny.schedule import learning_rate, set_learning_rate

if TYPE_CHECKING:
    from torch import Tensor, nn

    from kirakat.training.tiny.networks import ControlNetModel


# Spread below which edges change nothing, so that scaling would divide by nothing.
_LEAST_SPREAD = 1e-6


@dataclass(frozen=True, kw_only=True)
class DiffusionStep:
    """What one step measured, before its update."""

    step: int
    learning_rate: float
    # Min-SNR weighted mean squared error of the velocity.
    loss: float
    large: bool


def new_diffusion_state(config: TinyConfig, device: str = "cpu") -> TrainingState:
    """Fresh networks with their optimiser, average and seeds."""
    import torch

    torch.manual_seed(config.data.seed)
    plan = config.diffusion_training
    module = build_modules(config).together().to(device)
    for name in ("unet", "controlnet"):
        # Convolutions of bfloat16 run a third faster so, on CPU and GPU.
        module[name].to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(
        module.parameters(),
        lr=0.0,
        betas=(0.9, 0.99),
        weight_decay=plan.weight_decay,
        fused=True,
    )
    return TrainingState(
        module=module,
        optimizer=optimizer,
        ema=Ema(module, plan.ema),
        rng=np.random.default_rng(config.data.seed),
    )


def modules_of(module: nn.Module) -> TinyModules:
    """The networks in a training state's module."""
    together = cast("nn.ModuleDict", module)
    return TinyModules(
        unet=together["unet"],
        controlnet=together["controlnet"],
        text_encoder=together["text_encoder"],
        image_encoder=together["image_encoder"],
    )


def train_diffusion(
    state: TrainingState, plan: DiffusionTraining, pool: LatentPool, channel_weights: Tensor
) -> Iterator[DiffusionStep]:
    """Train from `state.step` to `plan.steps`, yielding after each update.

    `channel_weights` (C,) say how much errors of latent channels count.

    Stop by leaving the iteration; resume by calling again with the restored state.
    """
    import torch

    modules = modules_of(state.module)
    device = next(state.module.parameters()).device
    levels, channel_weights = signal_levels().to(device), channel_weights.to(device)
    state.module.train()
    while state.step < plan.steps:
        rate = learning_rate(
            state.step,
            steps=plan.steps,
            warm_up=plan.warm_up,
            peak=plan.learning_rate,
            final=plan.final_learning_rate,
            plateau=plan.plateau,
        )
        set_learning_rate(state.optimizer, rate)
        controlled = state.step >= plan.backbone_steps
        large = state.step >= plan.large_from and state.rng.random() >= plan.small_share
        batch = pool.draw(state.rng, plan.large_batch if large else plan.batch, large=large)
        batch = batch.to(device)
        if state.step == plan.backbone_steps:
            start_controlnet(modules, batch.controls)
        noised = noise_batch(
            batch.pictures,
            batch.scenes,
            levels,
            # Without edges nothing says where in the scene the product goes.
            scene_start=plan.scene_start if controlled else 0.0,
            snr_cap=plan.snr_cap,
        )
        loss = diffusion_loss(
            modules,
            batch,
            noised,
            channel_weights,
            bfloat16=plan.bfloat16,
            controlled=controlled,
        )
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(state.module.parameters(), plan.gradient_clip)
        state.optimizer.step()
        state.ema.update(state.module)
        state.step += 1
        yield DiffusionStep(
            step=state.step, learning_rate=rate, loss=float(loss.detach()), large=large
        )


def start_controlnet(modules: TinyModules, controls: Tensor) -> None:
    """Copy the UNet's encoder into the ControlNet (Zhang et al., arXiv 2302.05543).

    What reads the edges has nothing to copy; it is scaled to the drawings `controls`
    (B, 3, H, W), see `wake_control_embedding`.
    """
    weights = modules.unet.state_dict()
    own = modules.controlnet.state_dict()
    modules.controlnet.load_state_dict({key: weights.get(key, own[key]) for key in own})
    wake_control_embedding(modules.controlnet, controls)


def wake_control_embedding(controlnet: ControlNetModel, controls: Tensor) -> None:
    """Scale each convolution that reads the edges until edges change its answer by 1.

    Edges are one pixel in a hundred, and with the usual initialisation each of the eight layers
    halves what they change: after the last a millionth would be left, from which nothing is
    learnt for thousands of steps. Layer by layer (Mishkin & Matas, arXiv 1511.06422), the
    deviation of the answer to `controls` (B, 3, H, W) from that to no edges is brought to 1. The
    last one starts at zero, as diffusers has it.
    """
    import torch
    from torch.nn import functional

    embedding = controlnet.controlnet_cond_embedding
    drawn, blank = controls, torch.zeros_like(controls[:1])
    with torch.no_grad():
        for layer in (embedding.conv_in, *embedding.blocks):
            spread = (layer(drawn) - layer(blank)).std()
            layer.weight.div_(spread.clamp(min=_LEAST_SPREAD))
            drawn, blank = functional.silu(layer(drawn)), functional.silu(layer(blank))


def diffusion_loss(
    modules: TinyModules,
    batch: Batch,
    noised: Noised,
    channel_weights: Tensor,
    *,
    bfloat16: bool,
    controlled: bool = True,
) -> Tensor:
    """The min-SNR weighted error of the predicted velocity, a mean over the batch."""
    import torch

    kind = noised.latents.device.type
    with torch.autocast(kind, torch.bfloat16, enabled=bfloat16), _attention(kind):
        velocity = predict_velocity(
            modules, batch, noised.latents, noised.timesteps, controlled=controlled
        )
    errors = squared_error(velocity.float() - noised.velocity, channel_weights)
    return (errors * noised.weights).mean()


def _attention(kind: str) -> AbstractContextManager[None]:
    """On a CPU plain attention: the fused one takes a tenth longer on sequences this short."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    return sdpa_kernel(SDPBackend.MATH) if kind == "cpu" else nullcontext()


def predict_velocity(
    modules: TinyModules,
    batch: Batch,
    latents: Tensor,
    timesteps: Tensor,
    *,
    controlled: bool = True,
) -> Tensor:
    """One pass through all networks, wired as the diffusers pipelines wire them.

    Not `controlled`, the ControlNet is left out, as if no edges were given.
    """
    text = modules.text_encoder(batch.tokens)[0]
    # A hidden product is an embedding of zeros, as the pipelines' negative one is.
    product = modules.image_encoder(batch.products).image_embeds
    product = product * batch.product_shown[:, None]
    down, middle = None, None
    if controlled:
        down, middle = modules.controlnet(
            latents, timesteps, text, controlnet_cond=batch.controls, return_dict=False
        )
    velocity: Tensor = modules.unet(
        latents,
        timesteps,
        text,
        added_cond_kwargs={"image_embeds": [product[:, None]]},
        down_block_additional_residuals=down,
        mid_block_additional_residual=middle,
        return_dict=False,
    )[0]
    return velocity
