"""The `Generator` over diffusers' ControlNet pipelines, from noise and from a picture."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from kirakat.errors import ModelError
from kirakat.models.diffusion.autoencoder import Autoencoder, Start
from kirakat.models.diffusion.check_items import check_items
from kirakat.models.diffusion.device import memory_errors
from kirakat.models.diffusion.image_embeddings import ImageEmbeddings
from kirakat.models.diffusion.schedulers import longest_schedule
from kirakat.models.diffusion.steps import check_sampling, control_share, schedule_length
from kirakat.models.diffusion.text_embeddings import TextEmbeddings
from kirakat.models.protocols import Generated, GenerationItem
from kirakat.types import RGB, ModelInfo, Sampling

if TYPE_CHECKING:
    import torch


class DiffusionGenerator:
    """Draws with a text-to-image and an image-to-image pipeline that share all their parts.

    Every item has its own noise, prompt and product, so it gives the same picture whatever
    its batch, up to the rounding of batched arithmetic. Calls from several threads wait for
    each other: scheduler and adapter scale are state of the shared parts.
    """

    def __init__(
        self,
        *,
        info: ModelInfo,
        from_noise: Any,
        from_picture: Any,
        text: TextEmbeddings,
        images: ImageEmbeddings | None,
        autoencoder: Autoencoder,
    ) -> None:
        self._info = info
        self._from_noise = from_noise
        self._from_picture = from_picture
        self._text = text
        self._images = images
        self._autoencoder = autoencoder
        self._lock = Lock()

    @property
    def info(self) -> ModelInfo:
        """Name, revision, licence and native size."""
        return self._info

    def generate(self, items: Sequence[GenerationItem], sampling: Sampling) -> list[Generated]:
        """One result an item, in order.

        `sampling.steps` is the number of steps really run, from noise and from a picture
        alike. Strength 1 ignores `init`. Raises `ModelError` when items differ in size or in
        having an `init`, when the sampling is impossible, and with `out_of_memory` set when
        the batch is too large for the device.
        """
        import torch

        check_sampling(sampling)
        width, height = check_items(items, self._autoencoder.factor)
        check_adapter(self._info, self._images, items, sampling)
        with self._lock, torch.inference_mode(), memory_errors():
            arguments = self._arguments(items, sampling, width, height)
            if items[0].init is None or sampling.strength >= 1.0:
                latents = self._draw_from_noise(items, sampling, arguments)
                starts: list[RGB | None] = [None] * len(items)
            else:
                encoded = [self._autoencoder.start(_init(item)) for item in items]
                latents = self._draw_from_pictures(encoded, items, sampling, arguments)
                starts = [start.reconstruction for start in encoded]
            return [
                Generated(pixels=self._autoencoder.decode(one[None]), reconstruction=start)
                for one, start in zip(latents, starts, strict=True)
            ]

    def _arguments(
        self, items: Sequence[GenerationItem], sampling: Sampling, width: int, height: int
    ) -> dict[str, Any]:
        """What both pipelines are called with."""
        guided = sampling.guidance > 1.0
        arguments = {
            "width": width,
            "height": height,
            "guidance_scale": float(sampling.guidance),
            "controlnet_conditioning_scale": float(sampling.control_scale),
            "control_guidance_end": control_share(sampling),
            "generator": seeded(items),
            "output_type": "latent",
        }
        prompts = [item.prompt for item in items]
        arguments |= self._text.batch(prompts, [item.negative for item in items], guided=guided)
        if self._images is not None:
            self._from_noise.set_ip_adapter_scale(float(sampling.image_scale))
            products = [item.conditioning if sampling.image_scale else None for item in items]
            arguments["ip_adapter_image_embeds"] = self._images.batch(products, guided=guided)
        return arguments

    def _draw_from_noise(
        self, items: Sequence[GenerationItem], sampling: Sampling, arguments: dict[str, Any]
    ) -> torch.Tensor:
        drawn: torch.Tensor = self._from_noise(
            image=_controls(items), num_inference_steps=sampling.steps, **arguments
        ).images
        return drawn

    def _draw_from_pictures(
        self,
        starts: Sequence[Start],
        items: Sequence[GenerationItem],
        sampling: Sampling,
        arguments: dict[str, Any],
    ) -> torch.Tensor:
        import torch

        length = schedule_length(sampling, longest_schedule(self._from_picture.scheduler))
        drawn: torch.Tensor = self._from_picture(
            image=torch.cat([start.latents for start in starts]),
            control_image=_controls(items),
            num_inference_steps=length,
            # Half a step more than asked for: diffusers rounds the product down.
            strength=min(1.0, (sampling.steps + 0.5) / length),
            **arguments,
        ).images
        return drawn


def check_adapter(
    info: ModelInfo,
    images: ImageEmbeddings | None,
    items: Sequence[GenerationItem],
    sampling: Sampling,
) -> None:
    """Raise `ModelError` for products that a model without IP-Adapter would not be shown."""
    wanted = sampling.image_scale > 0.0 and any(item.conditioning is not None for item in items)
    if wanted and images is None:
        raise ModelError(
            f"{info.name} has no IP-Adapter, so it cannot be shown the product; set "
            "image_scale to 0, or put the adapter's weights into ip_adapter/"
        )


def seeded(items: Sequence[GenerationItem]) -> list[torch.Generator]:
    """One CPU generator an item: the noise depends on the seed alone, not on the device."""
    import torch

    return [torch.Generator("cpu").manual_seed(item.seed) for item in items]


def _controls(items: Sequence[GenerationItem]) -> torch.Tensor:
    """Control images (B, 3, h, w) in [0, 1]."""
    import torch

    stacked = np.stack([item.control for item in items]).astype(np.float32) / 255.0
    return torch.from_numpy(stacked).permute(0, 3, 1, 2).contiguous()


def _init(item: GenerationItem) -> RGB:
    if item.init is None:
        raise ModelError("an item without a starting picture in a batch with starting pictures")
    return item.init
