"""Prompts as the UNet reads them, each text encoded once and alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kirakat.hashing import digest
from kirakat.models.diffusion.embedding_cache import EmbeddingCache

if TYPE_CHECKING:
    import torch


class TextEmbeddings:
    """The text encoder, or both of SDXL's, behind a cache."""

    def __init__(self, pipeline: Any, *, cache: EmbeddingCache, fingerprint: str) -> None:
        self._pipeline = pipeline
        self._cache = cache
        self._fingerprint = fingerprint
        self._is_xl = hasattr(pipeline, "text_encoder_2")

    def batch(
        self, prompts: Sequence[str], negatives: Sequence[str], *, guided: bool
    ) -> dict[str, torch.Tensor]:
        """A pipeline's embedding arguments for B prompts; negatives only where `guided`."""
        arguments = self._arguments([self._encode(text) for text in prompts], "")
        if guided:
            encoded = [self._encode_negative(text) for text in negatives]
            arguments |= self._arguments(encoded, "negative_")
        return arguments

    def _arguments(
        self, encoded: Sequence[Mapping[str, torch.Tensor]], prefix: str
    ) -> dict[str, torch.Tensor]:
        import torch

        device = self._pipeline.unet.device
        names = {"embeds": f"{prefix}prompt_embeds", "pooled": f"{prefix}pooled_prompt_embeds"}
        return {
            names[part]: torch.cat([one[part] for one in encoded]).to(device) for part in encoded[0]
        }

    def _encode_negative(self, text: str) -> Mapping[str, torch.Tensor]:
        """SDXL base was trained with zeros, not with an empty text, as its unconditional."""
        import torch

        encoded = self._encode(text)
        if text or not self._pipeline.config.get("force_zeros_for_empty_prompt"):
            return encoded
        return {part: torch.zeros_like(value) for part, value in encoded.items()}

    def _encode(self, text: str) -> Mapping[str, torch.Tensor]:
        """`embeds` (1, tokens, D) and, for SDXL, `pooled` (1, P)."""

        def compute() -> dict[str, torch.Tensor]:
            encoded = self._pipeline.encode_prompt(
                text,
                device=self._pipeline.unet.device,
                num_images_per_prompt=1,
                do_classifier_free_guidance=False,
            )
            parts = {"embeds": encoded[0]}
            return parts | {"pooled": encoded[2]} if self._is_xl else parts

        return self._cache.get(digest("text", self._fingerprint, text), compute)
