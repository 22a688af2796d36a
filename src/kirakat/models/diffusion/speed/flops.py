"""The arithmetic of a picture, counted over the real networks without running them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from kirakat.models.diffusion.fast.denoise import controlled_steps
from kirakat.models.diffusion.speed.cases import Case
from kirakat.models.diffusion.speed.random_pipeline import RandomModel, Widths, build_random


@dataclass(frozen=True, kw_only=True)
class Arithmetic:
    """Floating point operations (a multiplication and an addition are two) of one pass."""

    # One row through the UNet with its adapter, and through the ControlNet without its picture.
    unet: float
    controlnet: float
    # The control picture's first layers, and keys and values of text and product, all layers.
    control_picture: float
    keys: float
    # Linear layers of the transformer blocks, UNet and ControlNet together; part of the above.
    linear: float
    decoder: float
    tiny_decoder: float

    def picture(self, case: Case, *, tiny_decoder: bool, stock: bool = False) -> float:
        """All of one picture; `stock` does everything at every step, needed or not."""
        steps, passes = case.sampling.steps, case.passes
        decoding = self.tiny_decoder if tiny_decoder else self.decoder
        if stock:
            step = self.unet + self.controlnet + self.control_picture
            return steps * passes * step + decoding
        controlled = controlled_steps(case.sampling, steps)
        once = self.control_picture + passes * self.keys
        # `unet` and `controlnet` hold the keys and values that are made once here.
        step = self.unet + self.controlnet * controlled / steps - self.keys
        return steps * passes * step + once + decoding


def count(case: Case, *, small: bool = False) -> Arithmetic:
    """The arithmetic of a case; takes seconds and no memory, whatever the model."""
    side = case.side
    model = build_random(case.kind, scheduler=case.scheduler, small=small, device="meta")
    pipeline, widths = model.pipeline, model.widths
    latents = torch.empty(1, 4, side // widths.factor, side // widths.factor, device="meta")
    picture = torch.empty(1, 3, side, side, device="meta")
    with torch.no_grad():
        unet, unet_linear = _network(lambda: _run_unet(pipeline.unet, latents, widths))
        control, control_linear = _network(
            lambda: _run_controlnet(pipeline.controlnet, latents, picture, widths)
        )
        embedding, _ = _network(lambda: pipeline.controlnet.controlnet_cond_embedding(picture))
        decoder, _ = _network(lambda: pipeline.vae.decode(latents))
        tiny, _ = _network(lambda: model.tiny_decoder.decode(latents))
    return Arithmetic(
        unet=unet,
        controlnet=control - embedding,
        control_picture=embedding,
        keys=_keys(model),
        linear=unet_linear + control_linear,
        decoder=decoder,
        tiny_decoder=tiny,
    )


def _network(run: Callable[[], object]) -> tuple[float, float]:
    """All operations, and those of matrix products with weights alone."""
    counter = FlopCounterMode(display=False)
    with counter:
        run()
    by_kind = counter.get_flop_counts()["Global"]
    linear = sum(n for kind, n in by_kind.items() if str(kind) in ("aten.addmm", "aten.mm"))
    return float(counter.get_total_flops()), float(linear)


def _conditions(widths: Widths) -> dict[str, Any]:
    added: dict[str, Any] = {"image_embeds": [torch.empty(1, 1, widths.image, device="meta")]}
    if widths.pooled:
        added["text_embeds"] = torch.empty(1, widths.pooled, device="meta")
        added["time_ids"] = torch.empty(1, 6, device="meta")
    return {
        "timestep": torch.zeros(1, device="meta"),
        "encoder_hidden_states": torch.empty(1, 77, widths.text, device="meta"),
        "added_cond_kwargs": added,
    }


def _run_unet(unet: Any, latents: Tensor, widths: Widths) -> object:
    return unet(latents, **_conditions(widths))


def _run_controlnet(network: Any, latents: Tensor, picture: Tensor, widths: Widths) -> object:
    return network(latents, controlnet_cond=picture, **_conditions(widths))


def _keys(model: RandomModel) -> float:
    """Keys and values of 77 text and 4 image tokens over all layers of both networks."""
    total = 0.0
    for network in (model.pipeline.unet, model.pipeline.controlnet):
        for name in network.attn_processors:
            attention = network.get_submodule(name.removesuffix(".processor"))
            if attention.is_cross_attention:
                tokens = 77 + (4 if hasattr(attention.processor, "to_k_ip") else 0)
                total += 2 * 2 * tokens * attention.to_k.in_features * attention.to_k.out_features
    return total
