"""Naive inpainting: the baseline of the paper's Figure 1, behind the same protocol.

The product stays where it is and everything else is painted from noise, with no edges and no
product image to hold the model back: it continues the product (virtual extension). An
inpainting UNet sees mask and masked picture (9 channels); any other UNet has the known part
put back after every step (Avrahami et al., "Blended Latent Diffusion", 2023).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from kirakat.errors import ModelError
from kirakat.models.diffusion.autoencoder import Autoencoder
from kirakat.models.diffusion.build_pipeline import build_pipeline, is_xl
from kirakat.models.diffusion.check_items import check_items
from kirakat.models.diffusion.device import memory_errors
from kirakat.models.diffusion.embedding_cache import EmbeddingCache
from kirakat.models.diffusion.generator import seeded
from kirakat.models.diffusion.locate import locate
from kirakat.models.diffusion.runtime import make_runtime
from kirakat.models.diffusion.steps import check_sampling
from kirakat.models.diffusion.text_embeddings import TextEmbeddings
from kirakat.models.protocols import Generated, GenerationItem
from kirakat.types import RGB, Alpha, ModelInfo, Sampling

if TYPE_CHECKING:
    import torch


class InpaintGenerator:
    """Paints where `paintable` is 1, from noise; of the sampling, steps and guidance count."""

    def __init__(
        self, *, info: ModelInfo, pipeline: Any, text: TextEmbeddings, autoencoder: Autoencoder
    ) -> None:
        self._info = info
        self._pipeline = pipeline
        self._text = text
        self._autoencoder = autoencoder
        self._lock = Lock()

    @property
    def info(self) -> ModelInfo:
        """Name, revision, licence and native size."""
        return self._info

    def generate(self, items: Sequence[GenerationItem], sampling: Sampling) -> list[Generated]:
        """One result an item, in order; every item needs `init` and `paintable`.

        Raises `ModelError` when one lacks them, and as `DiffusionGenerator.generate` does.
        """
        import torch

        check_sampling(sampling)
        width, height = check_items(items, self._autoencoder.factor)
        known = [_known_part(item) for item in items]
        guided = sampling.guidance > 1.0
        with self._lock, torch.inference_mode(), memory_errors():
            arguments = {
                "width": width,
                "height": height,
                "num_inference_steps": sampling.steps,
                "guidance_scale": float(sampling.guidance),
                "output_type": "latent",
                **self._text.batch(
                    [item.prompt for item in items],
                    [item.negative for item in items],
                    guided=guided,
                ),
            }
            paint = self._paint_masked if self._sees_mask else self._paint_blended
            latents = paint(known, seeded(items), arguments)
            return [
                Generated(
                    pixels=self._autoencoder.decode(one[None]),
                    reconstruction=self._autoencoder.start(init).reconstruction,
                )
                for one, (init, _) in zip(latents, known, strict=True)
            ]

    @property
    def _sees_mask(self) -> bool:
        return int(self._pipeline.unet.config.in_channels) == 9

    def _paint_masked(
        self,
        known: Sequence[tuple[RGB, Alpha]],
        generators: list[torch.Generator],
        arguments: dict[str, Any],
    ) -> torch.Tensor:
        """StableDiffusionInpaintPipeline with the masked pictures encoded beforehand."""
        import torch

        # Grey, not black, under the mask: 0 in the autoencoder's [-1, 1].
        masked = [
            np.where(mask[..., None] < 0.5, init, 127).astype(np.uint8) for init, mask in known
        ]
        drawn: torch.Tensor = self._pipeline(
            image=_unit([init for init, _ in known]),
            mask_image=torch.from_numpy(np.stack([mask for _, mask in known]))[:, None],
            masked_image_latents=torch.cat([self._autoencoder.encode(one) for one in masked]),
            strength=1.0,
            generator=generators,
            **arguments,
        ).images
        return drawn

    def _paint_blended(
        self,
        known: Sequence[tuple[RGB, Alpha]],
        generators: list[torch.Generator],
        arguments: dict[str, Any],
    ) -> torch.Tensor:
        """A text-to-image pipeline that gets the known part back, as noisy as it is due."""
        import torch
        import torch.nn.functional as F  # noqa: N812  torch's own custom
        from diffusers.utils.torch_utils import randn_tensor

        embeds = arguments["prompt_embeds"]
        place = {"device": embeds.device, "dtype": embeds.dtype}
        start = torch.cat([self._autoencoder.start(init).latents for init, _ in known]).to(**place)
        noise = randn_tensor(start.shape, generator=generators, **place)
        masks = torch.from_numpy(np.stack([(mask >= 0.5) for _, mask in known]))[:, None]
        mask = F.interpolate(masks.float(), size=start.shape[-2:]).to(**place)

        def put_back(
            pipeline: Any, step: int, _: object, state: dict[str, torch.Tensor]
        ) -> dict[str, torch.Tensor]:
            known_now, times = start, pipeline.scheduler.timesteps
            if step + 1 < len(times):
                known_now = pipeline.scheduler.add_noise(start, noise, times[step + 1][None])
            return {"latents": (1 - mask) * known_now + mask * state["latents"]}

        drawn: torch.Tensor = self._pipeline(
            latents=noise, generator=generators, callback_on_step_end=put_back, **arguments
        ).images
        return drawn


def load_inpainter(
    name: str,
    *,
    device: str = "auto",
    dtype: str = "auto",
    models: str | Path = "",
    scheduler: str = "",
    cache: EmbeddingCache | None = None,
) -> InpaintGenerator:
    """The inpainting baseline over any generator's checkpoint, or over "sd15-inpaint".

    ControlNet and IP-Adapter are left out. Raises `ModelError` as `load_generator` does.
    """
    files = locate(name, models=models)
    runtime = make_runtime(device, dtype)
    with memory_errors():
        pipeline = build_pipeline(_pipeline_class(files.base), files, runtime, scheduler)
    shared = cache or EmbeddingCache()
    known_as = runtime.fingerprint(files.info)
    return InpaintGenerator(
        info=files.info,
        pipeline=pipeline,
        text=TextEmbeddings(pipeline, cache=shared, fingerprint=known_as),
        autoencoder=Autoencoder(pipeline.vae, cache=shared, fingerprint=known_as),
    )


def _pipeline_class(base: Path) -> Any:
    import json

    import diffusers

    channels = json.loads((base / "unet" / "config.json").read_text("utf-8"))["in_channels"]
    if is_xl(base):
        if channels == 9:
            raise ModelError(f"{base}: SDXL inpainting UNets are not supported; take sd15-inpaint")
        return diffusers.StableDiffusionXLPipeline
    if channels == 9:
        return diffusers.StableDiffusionInpaintPipeline
    return diffusers.StableDiffusionPipeline


def _known_part(item: GenerationItem) -> tuple[RGB, Alpha]:
    if item.init is None or item.paintable is None:
        raise ModelError("inpainting needs a starting picture and a paintable mask in every item")
    return item.init, item.paintable


def _unit(pictures: Sequence[RGB]) -> torch.Tensor:
    """Pictures (B, 3, h, w) in [0, 1]."""
    import torch

    stacked = np.stack(pictures).astype(np.float32) / 255.0
    return torch.from_numpy(stacked).permute(0, 3, 1, 2).contiguous()
