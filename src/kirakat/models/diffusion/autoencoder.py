"""Pictures to latents and back.

The autoencoder runs in float32, where half precision overflows (SDXL) or bands, and one
picture at a time, so that its results do not depend on the batch and memory stays bounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kirakat.hashing import digest, sha256_array
from kirakat.models.diffusion.embedding_cache import EmbeddingCache
from kirakat.types import RGB

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Start:
    """A starting picture as the model sees it."""

    # (1, C, h / factor, w / factor), scaled for the UNet.
    latents: torch.Tensor
    # The same latents decoded, (h, w, 3).
    reconstruction: RGB


class Autoencoder:
    """A diffusers autoencoder with its latents' scaling."""

    def __init__(self, vae: Any, *, cache: EmbeddingCache, fingerprint: str) -> None:
        self._vae = vae
        self._cache = cache
        self._fingerprint = fingerprint

    @property
    def factor(self) -> int:
        """Picture pixels per latent pixel."""
        return int(2 ** (len(self._vae.config.block_out_channels) - 1))

    def start(self, pixels: RGB) -> Start:
        """Latents and reconstruction of an (h, w, 3) picture, cached by its hash."""
        import torch

        def compute() -> dict[str, torch.Tensor]:
            latents = self.encode(pixels)
            return {"latents": latents, "pixels": torch.from_numpy(self.decode(latents))}

        key = digest("start", self._fingerprint, sha256_array(pixels))
        found = self._cache.get(key, compute, persist=False)
        return Start(latents=found["latents"], reconstruction=found["pixels"].numpy().copy())

    def encode(self, pixels: RGB) -> torch.Tensor:
        """(1, C, h / factor, w / factor) latents of (h, w, 3) pixels: the posterior's mode."""
        import torch

        unit = torch.from_numpy(pixels.astype(np.float32) / 127.5 - 1.0)
        batch = unit.permute(2, 0, 1)[None].contiguous().to(self._vae.device)
        encoded = self._vae.encode(batch)
        latents = encoded.latent_dist.mode() if "latent_dist" in encoded else encoded.latents
        mean, std = self._statistics(latents)
        scaled: torch.Tensor = (latents - mean) * self._vae.config.scaling_factor / std
        return scaled

    def decode(self, latents: torch.Tensor) -> RGB:
        """(h, w, 3) pixels of (1, C, h / factor, w / factor) latents."""
        import torch

        latents = latents.to(self._vae.device, torch.float32)
        mean, std = self._statistics(latents)
        picture = self._vae.decode(latents * std / self._vae.config.scaling_factor + mean).sample
        levels = ((picture[0] / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
        return np.ascontiguousarray(levels.permute(1, 2, 0).cpu().numpy())

    def _statistics(self, latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and standard deviation by channel, (1, C, 1, 1): 0 and 1 where not recorded."""
        import torch

        config = self._vae.config
        mean = getattr(config, "latents_mean", None) or [0.0]
        std = getattr(config, "latents_std", None) or [1.0]
        return (
            torch.tensor(mean, device=latents.device).view(1, -1, 1, 1),
            torch.tensor(std, device=latents.device).view(1, -1, 1, 1),
        )
