"""The diffusers classes with the few methods that catalogue work needs otherwise.

This module imports diffusers; it is itself imported only by functions that run a model.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import (
    ControlNetModel,
    StableDiffusionControlNetImg2ImgPipeline,
    StableDiffusionControlNetPipeline,
    StableDiffusionXLControlNetImg2ImgPipeline,
    StableDiffusionXLControlNetPipeline,
)
from diffusers.utils.torch_utils import randn_tensor


class ReleasableControlNet(ControlNetModel):
    """A ControlNet that costs nothing once it is released.

    After `control_guidance_end` the pipelines still run it and multiply what it says by 0;
    without residuals the UNet runs as if there were none.
    """

    def forward(self, *args: Any, conditioning_scale: float = 1.0, **kwargs: Any) -> Any:
        """Residuals for the UNet, or (None, None) at scale 0."""
        if conditioning_scale == 0.0:
            return None, None
        return super().forward(  # type: ignore[misc]  # the type checker sees a stand-in class
            *args, conditioning_scale=conditioning_scale, **kwargs
        )


class _OneProductAPicture:
    """Hands prepared embeddings on as they are instead of mixing a batch's products."""

    def prepare_ip_adapter_image_embeds(
        self,
        ip_adapter_image: Any,
        ip_adapter_image_embeds: list[torch.Tensor] | None,
        device: torch.device,
        num_images_per_prompt: int,
        do_classifier_free_guidance: bool,
    ) -> list[torch.Tensor]:
        """Per-picture embeddings, one tensor an adapter."""
        if ip_adapter_image_embeds is not None:
            return ip_adapter_image_embeds
        prepared: list[torch.Tensor] = super().prepare_ip_adapter_image_embeds(  # type: ignore[misc]  # a mixin
            ip_adapter_image, None, device, num_images_per_prompt, do_classifier_free_guidance
        )
        return prepared


class _LatentStart:
    """Starts from latents of any number of channels; diffusers takes only 4 for latents."""

    scheduler: Any

    def prepare_latents(
        self,
        image: torch.Tensor,
        timestep: torch.Tensor,
        batch_size: int,  # noqa: ARG002  the signature is diffusers'
        num_images_per_prompt: int,  # noqa: ARG002  likewise
        dtype: torch.dtype,
        device: torch.device,
        generator: list[torch.Generator] | None = None,
        add_noise: bool = True,  # noqa: ARG002  likewise
    ) -> torch.Tensor:
        """`image` (B, C, h, w), already encoded, with each picture's own noise added."""
        latents = image.to(device=device, dtype=dtype)
        noise = randn_tensor(latents.shape, generator=generator, device=device, dtype=dtype)
        noisy: torch.Tensor = self.scheduler.add_noise(latents, noise, timestep)
        return noisy


class TextToImage(_OneProductAPicture, StableDiffusionControlNetPipeline):
    """SD 1.5 class, from noise."""


class ImageToImage(_OneProductAPicture, _LatentStart, StableDiffusionControlNetImg2ImgPipeline):
    """SD 1.5 class, from a picture."""


class TextToImageXL(_OneProductAPicture, StableDiffusionXLControlNetPipeline):
    """SDXL class, from noise."""


class ImageToImageXL(_OneProductAPicture, _LatentStart, StableDiffusionXLControlNetImg2ImgPipeline):
    """SDXL class, from a picture."""
