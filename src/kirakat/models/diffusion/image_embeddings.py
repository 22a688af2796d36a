"""Products as the IP-Adapter reads them.

diffusers accepts embeddings of several products in one batch and mixes their features
silently (huggingface/diffusers#9813). Here each product is encoded alone, and the batch is laid
out as the UNet wants it: all negatives, then all positives, one a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kirakat.hashing import digest, sha256_array
from kirakat.models.diffusion.clip_input import ClipInput
from kirakat.models.diffusion.embedding_cache import EmbeddingCache
from kirakat.types import RGB

if TYPE_CHECKING:
    import torch


class ImageEmbeddings:
    """The CLIP vision model of an IP-Adapter behind a cache."""

    def __init__(
        self, pipeline: Any, preprocess: ClipInput, *, cache: EmbeddingCache, fingerprint: str
    ) -> None:
        self._pipeline = pipeline
        self._preprocess = preprocess
        self._cache = cache
        self._fingerprint = fingerprint

    def batch(self, products: Sequence[RGB | None], *, guided: bool) -> list[torch.Tensor]:
        """The argument `ip_adapter_image_embeds` for B products.

        One tensor (B, 1, ...), or (2B, 1, ...) with the negatives first where `guided`. A
        product that is None gets what the adapter was trained to read as "no picture". Raises
        `ModelError` for a picture that is not square.
        """
        import torch

        pairs = [self._unconditional() if one is None else self._encode(one) for one in products]
        positives = torch.cat([pair[1:] for pair in pairs])
        if guided:
            positives = torch.cat([*(pair[:1] for pair in pairs), positives])
        return [positives.to(self._pipeline.unet.device)]

    def _unconditional(self) -> torch.Tensor:
        import torch

        side = self._preprocess.side
        pair = self._encode(np.full((side, side, 3), 255, np.uint8))
        return torch.cat([pair[:1], pair[:1]])

    def _encode(self, product: RGB) -> torch.Tensor:
        """The pair (2, 1, ...): what stands for no picture, and the product."""

        def compute() -> dict[str, torch.Tensor]:
            pairs = self._pipeline.prepare_ip_adapter_image_embeds(
                self._preprocess(product), None, self._pipeline.unet.device, 1, True
            )
            return {"pair": pairs[0]}

        key = digest("image", self._fingerprint, sha256_array(product))
        return self._cache.get(key, compute)["pair"]
