"""Measure kirakat-tiny on renders that it never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kirakat.training.tiny.batches import LatentPool
from kirakat.training.tiny.build import TinyModules
from kirakat.training.tiny.diffusion import diffusion_loss
from kirakat.training.tiny.export import IP_ADAPTER_FILE
from kirakat.training.tiny.latents import encode_pixels
from kirakat.training.tiny.memorising import Memorising
from kirakat.training.tiny.objective import noise_batch, signal_levels

if TYPE_CHECKING:
    from torch import Tensor

    from kirakat.training.tiny.networks import (
        AutoencoderKL,
        StableDiffusionControlNetImg2ImgPipeline,
    )

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class ReconstructionQuality:
    """How well pictures survive the autoencoder, as means over pictures."""

    pictures: int
    # Decibels.
    psnr: float
    # In [-1, 1].
    ssim: float


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What held-out renders say of a trained checkpoint."""

    reconstruction: ReconstructionQuality
    # See `velocity_error`.
    velocity_error: float
    memorising: Memorising


def reconstruction_quality(
    autoencoder: AutoencoderKL, pictures: Sequence[Pixels]
) -> ReconstructionQuality:
    """PSNR and SSIM (Wang et al. 2004) of (H, W, 3) pictures through the autoencoder."""
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    made = [reconstruct(autoencoder, picture) for picture in pictures]
    pairs = list(zip(pictures, made, strict=True))
    psnr = [peak_signal_noise_ratio(a, b) for a, b in pairs]  # type: ignore[no-untyped-call]
    ssim = [
        structural_similarity(a, b, channel_axis=2)  # type: ignore[no-untyped-call]
        for a, b in pairs
    ]
    return ReconstructionQuality(
        pictures=len(pictures), psnr=float(np.mean(psnr)), ssim=float(np.mean(ssim))
    )


def reconstruct(autoencoder: AutoencoderKL, picture: Pixels) -> Pixels:
    """An (H, W, 3) picture encoded and decoded."""
    import torch

    latents = encode_pixels(autoencoder, picture[None])
    with torch.inference_mode():
        made = autoencoder.decode(latents / float(autoencoder.config["scaling_factor"])).sample
    pixels = ((made[0].permute(1, 2, 0).float().cpu().numpy() + 1) * 127.5).round()
    return np.asarray(np.clip(pixels, 0, 255), np.uint8)


def velocity_error(
    modules: TinyModules, pool: LatentPool, channel_weights: Tensor, batches: int, seed: int
) -> float:
    """The training's loss over held-out batches, from noise alone; equal seeds compare."""
    import torch

    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    device = next(modules.unet.parameters()).device
    levels, weights = signal_levels().to(device), channel_weights.to(device)
    losses = []
    with torch.inference_mode():
        for _ in range(batches):
            batch = pool.draw(rng, 8, large=False).to(device)
            noised = noise_batch(batch.pictures, batch.scenes, levels, scene_start=0.0, snr_cap=5.0)
            loss = diffusion_loss(modules, batch, noised, weights, bfloat16=False)
            losses.append(float(loss))
    return float(np.mean(losses))


def load_scene_pipeline(folder: Path) -> StableDiffusionControlNetImg2ImgPipeline:
    """The exported model as anyone would load it, with its IP-Adapter."""
    from diffusers import ControlNetModel, StableDiffusionControlNetImg2ImgPipeline

    controlnet = ControlNetModel.from_pretrained(  # type: ignore[no-untyped-call]
        folder / "controlnet"
    )
    pipeline: Any = StableDiffusionControlNetImg2ImgPipeline.from_pretrained(  # type: ignore[no-untyped-call]
        folder, controlnet=controlnet
    )
    pipeline.load_ip_adapter(folder, subfolder="ip_adapter", weight_name=IP_ADAPTER_FILE)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
