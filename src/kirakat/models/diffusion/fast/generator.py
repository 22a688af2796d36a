"""The `Generator` of the fast path: the same pictures as the stock loop's, up to rounding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from kirakat.models.diffusion.autoencoder import Autoencoder, Start
from kirakat.models.diffusion.check_items import check_items
from kirakat.models.diffusion.device import memory_errors
from kirakat.models.diffusion.fast.decoder import Aside, Decoder
from kirakat.models.diffusion.fast.denoise import (
    controlled_steps,
    denoise,
    first_latents,
    from_noise,
    from_picture,
)
from kirakat.models.diffusion.fast.networks import Given, Networks, to_device
from kirakat.models.diffusion.fast.options import FastOptions
from kirakat.models.diffusion.fast.runner import Runner
from kirakat.models.diffusion.generator import check_adapter
from kirakat.models.diffusion.image_embeddings import ImageEmbeddings
from kirakat.models.diffusion.steps import check_sampling
from kirakat.models.diffusion.text_embeddings import TextEmbeddings
from kirakat.models.protocols import Generated, GenerationItem
from kirakat.types import RGB, ModelInfo, Sampling

_Items: TypeAlias = Sequence[GenerationItem]


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """What text encoder, image encoder and edges say of B pictures; 2B rows where guided."""

    # (R, tokens, D), (R, 1, E) or None, (B, 3, H, W) of 8 bits, (R, P) or None.
    text: Tensor
    image: Tensor | None
    controls: Tensor
    pooled: Tensor | None


class FastGenerator:
    """Draws with its own loop over the networks of a pipeline, which it takes over.

    Calls from several threads denoise one after another, while what another call has denoised
    is decoded beside it.
    """

    def __init__(
        self,
        *,
        info: ModelInfo,
        pipeline: Any,
        text: TextEmbeddings | None,
        images: ImageEmbeddings | None,
        autoencoder: Autoencoder,
        options: FastOptions,
        decoder: Any = None,
    ) -> None:
        self._info = info
        self._scheduler = pipeline.scheduler
        self._text, self._images = text, images
        self._autoencoder = autoencoder
        self._networks = Networks(pipeline, options)
        self._device: torch.device = pipeline.unet.device
        self._channels = int(pipeline.unet.config.in_channels)
        self._runner = Runner(self._networks, options)
        self._decoder = Decoder(decoder or pipeline.vae, options)
        self._aside = Aside(self._device, overlap=options.overlap)
        self._most = max(options.rows)
        self._lock = Lock()

    @property
    def info(self) -> ModelInfo:
        """Name, revision, licence and native size."""
        return self._info

    @property
    def shapes(self) -> int:
        """How many shapes the networks have been run with."""
        return self._runner.shapes

    def generate(self, items: _Items, sampling: Sampling) -> list[Generated]:
        """One result an item, in order; errors as of `DiffusionGenerator.generate`."""
        check_sampling(sampling)
        check_items(items, self._autoencoder.factor)
        check_adapter(self._info, self._images, items, sampling)
        with memory_errors(), torch.inference_mode():
            parts = self._parts(items, sampling)
            starts = [self._start(parts[0], sampling)]
            waiting = []
            for number, part in enumerate(parts):
                if number + 1 < len(parts):
                    # Encoded while this part is denoised.
                    starts.append(self._start(parts[number + 1], sampling))
                waiting.append(self._draw(part, sampling, starts[number]()))
            return [made for finish in waiting for made in finish()]

    def _parts(self, items: _Items, sampling: Sampling) -> list[_Items]:
        """No more at once than the largest number of rows."""
        most = max(1, self._most // 2 if sampling.guidance > 1.0 else self._most)
        return [items[first : first + most] for first in range(0, len(items), most)]

    def _start(self, items: _Items, sampling: Sampling) -> Callable[[], list[Start] | None]:
        """Start encoding what a part begins with; nothing, from noise."""
        if sampling.strength >= 1.0 or any(item.init is None for item in items):
            return lambda: None
        pictures = [item.init for item in items if item.init is not None]
        return self._aside.submit(lambda: [self._autoencoder.start(one) for one in pictures])

    def _draw(
        self, items: _Items, sampling: Sampling, starts: list[Start] | None
    ) -> Callable[[], list[Generated]]:
        """Denoise one part; decoding goes on beside the caller until the result is called."""
        with self._lock:
            embedded = self._embed(items, sampling)
            latents = self.denoise(embedded, [item.seed for item in items], sampling, starts)
        shown: list[RGB | None] = [None] * len(items)
        if starts is not None:
            shown = [start.reconstruction for start in starts]
        decoded = self.decode(latents)
        return lambda: [
            Generated(pixels=pixels, reconstruction=start)
            for pixels, start in zip(decoded(), shown, strict=True)
        ]

    def denoise(
        self,
        embedded: Embedded,
        seeds: Sequence[int],
        sampling: Sampling,
        starts: Sequence[Start] | None = None,
    ) -> Tensor:
        """Latents (B, C, h, w), float32 on the device, one seed a picture."""
        make = from_noise if starts is None else from_picture
        schedule = make(self._scheduler, sampling)
        generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        height, width = embedded.controls.shape[-2:]
        factor = self._autoencoder.factor
        latents = first_latents(
            schedule,
            generators,
            size=(self._channels, height // factor, width // factor),
            starts=None if starts is None else torch.cat([start.latents for start in starts]),
        )
        controlled = controlled_steps(sampling, len(schedule.timesteps))
        return denoise(
            self._runner,
            schedule,
            to_device(latents, self._device),
            self._given(embedded, sampling),
            generators,
            guidance=float(sampling.guidance),
            controlled=controlled,
            dtype=self._networks.dtype,
        )

    def decode(self, latents: Tensor) -> Callable[[], list[RGB]]:
        """Start decoding latents (B, C, h, w); call the result for the pictures (h, w, 3)."""
        return self._aside.submit(lambda: self._decoder.decode(latents))

    def _given(self, embedded: Embedded, sampling: Sampling) -> Given:
        return self._networks.prepare(
            text=embedded.text,
            image=embedded.image,
            image_scale=float(sampling.image_scale),
            controls=embedded.controls,
            control_scale=float(sampling.control_scale),
            pooled=embedded.pooled,
        )

    def _embed(self, items: _Items, sampling: Sampling) -> Embedded:
        guided = sampling.guidance > 1.0
        if self._text is None:
            raise TypeError("a generator without text encoder draws from embeddings only")
        texts = self._text.batch(
            [item.prompt for item in items], [item.negative for item in items], guided=guided
        )
        image = None
        if self._images is not None and sampling.image_scale:
            products = [item.conditioning for item in items]
            image = self._images.batch(products, guided=guided)[0]
        pooled = "pooled_prompt_embeds"
        return Embedded(
            text=_rows(texts, "prompt_embeds"),
            image=image,
            controls=torch.from_numpy(np.stack([item.control for item in items])).permute(
                0, 3, 1, 2
            ),
            pooled=_rows(texts, pooled) if pooled in texts else None,
        )


def _rows(texts: dict[str, Tensor], name: str) -> Tensor:
    """Negatives first, where there are any."""
    found = [texts[key] for key in (f"negative_{name}", name) if key in texts]
    return torch.cat(found)
