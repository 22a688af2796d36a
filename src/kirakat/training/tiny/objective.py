"""The diffusion objective: v-prediction on a schedule that ends in pure noise.

Salimans & Ho (arXiv 2202.00512) for v; Lin et al. (arXiv 2305.08891) for zero terminal SNR;
Hang et al. (arXiv 2303.09556) for min-SNR weights; Hoogeboom et al. (arXiv 2301.11093) for the
loss over scales.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from kirakat.training.tiny.networks import AutoencoderKL

STEPS = 1000
BETA_START, BETA_END = 0.00085, 0.012
# Cap of the signal-to-noise ratio for samples from a scene: what they ask for, a whole product
# from its edges, is so much harder than denoising that it would drown it.
_SCENE_SNR_CAP = 1.0
# Timesteps at which a generation from a scene may start, as it does at strength .15 to .85.
_START_FROM, _START_TO = 150, 850
# Sides in latent pixels of the squares whose mean error counts.
_SCALES = (1, 2, 4, 8)
# Deviation of the noise by which a channel's weight is found.
_DISTURBANCE = 0.2


@dataclass(frozen=True, kw_only=True)
class Noised:
    """One batch between picture and noise."""

    # (B, C, h, w)
    latents: Tensor
    velocity: Tensor
    # (B,)
    timesteps: Tensor
    weights: Tensor


def signal_levels() -> Tensor:
    """Cumulative alphas (1000,) of the scaled linear schedule, rescaled to end at 0."""
    import torch

    betas = torch.linspace(BETA_START**0.5, BETA_END**0.5, STEPS, dtype=torch.float64) ** 2
    root = (1 - betas).cumprod(0).sqrt()
    root = (root - root[-1]) * root[0] / (root[0] - root[-1])
    return root.square().float()


def scheduler_settings() -> dict[str, object]:
    """The same schedule as a diffusers scheduler's configuration."""
    return {
        "num_train_timesteps": STEPS,
        "beta_start": BETA_START,
        "beta_end": BETA_END,
        "beta_schedule": "scaled_linear",
        "prediction_type": "v_prediction",
        "rescale_betas_zero_snr": True,
        "timestep_spacing": "trailing",
    }


def noise_batch(
    pictures: Tensor, scenes: Tensor, levels: Tensor, *, scene_start: float, snr_cap: float
) -> Noised:
    """Noise a batch of latents (B, C, h, w) at random timesteps.

    A share `scene_start` of the samples lies on the deterministic path that leads from the
    noised product-free scene at a timestep s to the picture: sampling that starts from a scene
    (SDEdit, Meng et al., arXiv 2108.01073) then knows to draw the product and its shadow. On
    that path x_t = a_t picture + b_t e', with e' = noise + (a_s / b_s) (scene - picture), which
    is the noised scene at t = s; so it is v-prediction with a noise that holds the scene.
    """
    import torch

    count, device = len(pictures), pictures.device
    noise = torch.randn_like(pictures)
    timesteps = torch.randint(0, STEPS, (count,), device=device)
    starts = torch.randint(_START_FROM, _START_TO, (count,), device=device)
    along = (starts * torch.rand(count, device=device)).long()
    from_scene = torch.rand(count, device=device) < scene_start
    timesteps = torch.where(from_scene, along, timesteps)
    ratio = (levels[starts] / (1 - levels[starts])).sqrt() * from_scene
    noise = noise + ratio.view(-1, 1, 1, 1) * (scenes - pictures)
    signal = levels[timesteps].sqrt().view(-1, 1, 1, 1)
    spread = (1 - levels[timesteps]).sqrt().view(-1, 1, 1, 1)
    snr = levels[timesteps] / (1 - levels[timesteps])
    caps = torch.where(from_scene, min(snr_cap, _SCENE_SNR_CAP), snr_cap)
    # Velocity weighs noise levels as signal + noise does, so one is added on both sides: without
    # it pure noise, from which every picture starts, would weigh nothing and never be learnt.
    return Noised(
        latents=signal * pictures + spread * noise,
        velocity=signal * noise - spread * pictures,
        timesteps=timesteps,
        weights=(snr.minimum(caps) + 1) / (snr + 1),
    )


def squared_error(error: Tensor, channel_weights: Tensor) -> Tensor:
    """The squared error (B,) of velocities (B, C, h, w), a mean over pixels and over scales.

    Errors averaged over ever larger squares count beside those of single latent pixels, which
    are mostly of detail that nothing foretells; so do channels by their weights (C,). Whatever
    the weights, what minimises it is the same conditional mean.
    """
    import torch
    from torch.nn import functional

    weighted = error * channel_weights.sqrt()[:, None, None]
    scales = [scale for scale in _SCALES if not (error.shape[2] % scale or error.shape[3] % scale)]
    terms = [functional.avg_pool2d(weighted, scale).square().mean((1, 2, 3)) for scale in scales]
    return torch.stack(terms).mean(0)


def channel_weights(autoencoder: AutoencoderKL, latents: Tensor) -> Tensor:
    """How much latent channels count (C,), with mean 1: by what their errors do to pixels.

    Each channel of `latents` (B, C, h, w) is disturbed alone; the deviation of the decoded
    pixels is its weight. Channels of detail are most of the latents and little of the picture.
    """
    import torch

    generator = torch.Generator().manual_seed(0)
    noise = _DISTURBANCE * torch.randn(latents[:, :1].shape, generator=generator)
    with torch.no_grad():
        clean = autoencoder.decode(latents).sample
        seen = []
        for channel in range(latents.shape[1]):
            disturbed = latents.clone()
            disturbed[:, channel] += noise[:, 0].to(latents.device)
            seen.append((autoencoder.decode(disturbed).sample - clean).std())
    weights = torch.stack(seen).float()
    return weights / weights.mean()
