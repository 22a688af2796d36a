"""Errands done with the renderer's own models."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image

from kirakat.engine.worker.errands import Made
from kirakat.engine.worker.studio_renderer import StudioRenderer
from kirakat.models.protocols import Segmenter
from kirakat.pipeline.codecs import encode_png, gate_to_json
from kirakat.pipeline.render_jobs import RenderJob, render_jobs
from kirakat.pipeline.step1_mask import mask
from kirakat.pipeline.studio import Studio
from kirakat.prompts.render import render_prompt
from kirakat.types import Offer, Placement, Prompt, Recipe

# Of the photo that people see while they draw: none of it goes into a creative.
_QUALITY = 92


class ErrandStudio:
    """The production studio of errands: one generator, whichever segmenter is named."""

    def __init__(
        self,
        renderer: StudioRenderer,
        generator: str,
        *,
        recipe: Callable[[Studio], Recipe],
        segmenter: Callable[[str], Segmenter],
    ) -> None:
        self._renderer, self._generator = renderer, generator
        self._recipe, self._segmenter = recipe, segmenter

    def source(self, offer: Offer) -> Made:
        """The offer's photo, upright and in sRGB, on white where it is clear.

        Raises `ImageError`.
        """
        with self._renderer.borrow(self._generator, offer.merchant_id) as studio:
            image = studio.images.load(offer.image_link)
        pixels = image.pixels
        if image.alpha is not None:
            share = image.alpha[..., None]
            pixels = np.asarray(np.round(pixels * share + 255.0 * (1.0 - share)), np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=_QUALITY)
        words = {"source": image.sha256, "width": image.width, "height": image.height}
        return Made(data=buffer.getvalue(), words=words)

    def segment(self, offer: Offer, model: str) -> Made:
        """The matte of an offer's photo; raises `MaskError`, `ImageError` or `ModelError`."""
        segmenter = self._segmenter(model)
        with self._renderer.borrow(self._generator, offer.merchant_id) as studio:
            image = studio.images.load(offer.image_link)
            cutout = mask(image, segmenter=segmenter)
        grey = np.asarray(np.round(cutout.alpha * 255.0), np.uint8)
        words = {"model": cutout.model, "confidence": round(cutout.confidence, 4),
                 "source": image.sha256, "width": image.width, "height": image.height}  # fmt: skip
        return Made(data=encode_png(grey), words=words)

    def preview(self, offer: Offer, prompt: Prompt, placement: Placement) -> Made:
        """A creative of a prompt that need not be in any pool; raises what failed."""
        with self._renderer.borrow(self._generator, offer.merchant_id) as studio:
            job = RenderJob(
                offer=offer,
                placements=(placement,),
                treatment="generated",
                prompt=render_prompt(prompt, offer),
                recipe=self._recipe(studio),
            )
            (result,) = render_jobs([job], studio)
        for error in result.failures.values():
            raise error
        creative = result.creatives[placement.name]
        words = {"verdict": creative.gate.verdict, "gate": gate_to_json(creative.gate),
                 "format": placement.format, "scene": creative.certificate.scene_id}  # fmt: skip
        return Made(data=creative.data, words=words)
