"""Attention whose text and image keys and values are made once a picture, not once a step.

Text and product stay the same through all steps, and so do the keys and values that every
cross-attention layer makes of them. One matrix product over the layers' weights laid side by
side makes all of them before the first step; each layer then reads its own columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  torch's own custom
from torch import Tensor, nn

from kirakat.errors import ModelError


class KeysAndValues(nn.Module):
    """Keys and values of all layers for tokens (B, T, D), as (B, T, columns)."""

    weight: Tensor
    is_value: Tensor

    def __init__(self, layers: Sequence[tuple[nn.Linear, nn.Linear]]) -> None:
        super().__init__()
        if any(linear.bias is not None for pair in layers for linear in pair):
            raise ModelError("the fast path knows no biased keys and values; set fast = false")
        stacked = [linear.weight.detach() for pair in layers for linear in pair]
        self.register_buffer("weight", torch.cat(stacked))
        marks = [torch.full((len(part),), bool(number % 2)) for number, part in enumerate(stacked)]
        self.register_buffer("is_value", torch.cat(marks).to(self.weight.device))

    def forward(self, tokens: Tensor, value_scale: float = 1.0) -> Tensor:
        """(B, T, columns): for each layer its keys, then its values times `value_scale`.

        So an adapter's weight costs nothing: softmax(QK)(sV) = s softmax(QK)V.
        """
        stored = F.linear(tokens.to(self.weight.dtype), self.weight)
        if value_scale == 1.0:
            return stored
        return torch.where(self.is_value, stored * value_scale, stored)


class FusedSelfAttention(nn.Module):
    """Queries, keys and values of a layer in one matrix product."""

    def __init__(self, attention: Any) -> None:
        super().__init__()
        parts = (attention.to_q, attention.to_k, attention.to_v)
        self.qkv = nn.Linear(
            parts[0].in_features,
            sum(part.out_features for part in parts),
            bias=parts[0].bias is not None,
            device=parts[0].weight.device,
            dtype=parts[0].weight.dtype,
        )
        with torch.no_grad():
            self.qkv.weight.copy_(torch.cat([part.weight for part in parts]))
            if parts[0].bias is not None:
                self.qkv.bias.copy_(torch.cat([part.bias for part in parts]))
        # Their weights live in `qkv` from now on.
        attention.to_q = attention.to_k = attention.to_v = nn.Identity()

    def __call__(  # noqa: D102  diffusers' protocol
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: object = None,  # noqa: ARG002  likewise
        attention_mask: object = None,  # noqa: ARG002  likewise
    ) -> Tensor:
        query, key, value = self.qkv(hidden_states).chunk(3, dim=-1)
        return _attend(attn, query, [(key, value)])


class StoredCrossAttention(nn.Module):
    """Reads keys and values at its own columns of the (text, image) pair it is given."""

    def __init__(self, text: int, image: int | None, width: int) -> None:
        super().__init__()
        # First column of this layer in the text's and the image's store, and its channels.
        self.text, self.image, self.width = text, image, width

    def __call__(  # noqa: D102  diffusers' protocol
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: tuple[Tensor, Tensor | None],
        attention_mask: object = None,  # noqa: ARG002  likewise
    ) -> Tensor:
        text, image = encoder_hidden_states
        sources = [self._columns(text, self.text)]
        if image is not None and self.image is not None:
            sources.append(self._columns(image, self.image))
        return _attend(attn, attn.to_q(hidden_states), sources)

    def _columns(self, stored: Tensor, start: int) -> tuple[Tensor, Tensor]:
        middle, end = start + self.width, start + 2 * self.width
        return stored[..., start:middle], stored[..., middle:end]


def _attend(attn: Any, query: Tensor, sources: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """The sum of the attentions to each source, through the layer's output."""
    heads = int(attn.heads)

    def by_head(tokens: Tensor) -> Tensor:
        return tokens.reshape(*tokens.shape[:2], heads, -1).transpose(1, 2)

    total: Tensor | None = None
    for key, value in sources:
        seen = F.scaled_dot_product_attention(by_head(query), by_head(key), by_head(value))
        total = seen if total is None else total + seen
    if total is None:
        raise ModelError("attention without anything to attend to")
    out: Tensor = attn.to_out[0](total.transpose(1, 2).flatten(2))
    return out


def rewire(network: Any) -> tuple[KeysAndValues, KeysAndValues | None]:
    """Give a UNet or ControlNet these processors; returns what makes its text and image keys.

    The image's is None without an IP-Adapter. Raises `ModelError` for attention of another
    kind than Stable Diffusion's.
    """
    text: list[tuple[nn.Linear, nn.Linear]] = []
    image: list[tuple[nn.Linear, nn.Linear]] = []
    column = 0
    for name in list(network.attn_processors):
        attention = network.get_submodule(name.removesuffix(".processor"))
        _check(name, attention)
        if not attention.is_cross_attention:
            attention.set_processor(FusedSelfAttention(attention))
            continue
        adapter = getattr(attention.processor, "to_k_ip", None)
        width = attention.to_k.out_features
        text.append((attention.to_k, attention.to_v))
        if adapter is not None:
            image.append((adapter[0], attention.processor.to_v_ip[0]))
        processor = StoredCrossAttention(column, column if adapter is not None else None, width)
        attention.set_processor(processor)
        attention.to_k = attention.to_v = nn.Identity()
        column += 2 * width
    if image and len(image) != len(text):
        raise ModelError("an IP-Adapter on some layers only; set fast = false")
    return KeysAndValues(text), KeysAndValues(image) if image else None


def _check(name: str, attention: Any) -> None:
    """The parts of diffusers' attention that Stable Diffusion leaves unused must be so."""
    unused = ("group_norm", "spatial_norm", "norm_cross", "norm_q", "norm_k", "add_k_proj")
    strange = [part for part in unused if getattr(attention, part, None) is not None]
    many = len(getattr(attention.processor, "to_k_ip", [0])) > 1
    plain = attention.rescale_output_factor == 1.0 and not attention.residual_connection
    if strange or many or not plain:
        raise ModelError(f"{name}: attention of another kind than the fast path knows: {strange}")
