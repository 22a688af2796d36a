"""The image prompt: IP-Adapter weights in the published key layout, on and off a UNet.

Ye et al., "IP-Adapter" (arXiv 2308.06721), base format: `image_proj.*` makes tokens of the
image embedding, `ip_adapter.{1,3,5,...}.to_{k,v}_ip.weight` attend to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from torch import Tensor

    from kirakat.training.tiny.config import VisionShape
    from kirakat.training.tiny.networks import (
        UNet2DConditionModel,
    )

State = dict[str, dict[str, "Tensor"]]


def new_ip_adapter_state(unet: UNet2DConditionModel, vision: VisionShape) -> State:
    """Weights to start from: keys and values as the text's, tokens from a random projection."""
    from torch import nn

    width = int(unet.config["cross_attention_dim"])
    projection = nn.Linear(vision.projection, vision.ip_tokens * width)
    norm = nn.LayerNorm(width)
    state: State = {"image_proj": {}, "ip_adapter": {}}
    for name, module in (("proj", projection), ("norm", norm)):
        for key, weight in module.state_dict().items():
            state["image_proj"][f"{name}.{key}"] = weight.clone()
    modules = dict(unet.named_modules())
    for index, name in enumerate(_cross_attentions(unet)):
        for part in ("to_k", "to_v"):
            weight = cast("Tensor", modules[f"{name}.{part}"].weight)
            state["ip_adapter"][f"{2 * index + 1}.{part}_ip.weight"] = weight.detach().clone()
    return state


def attach_ip_adapter(unet: UNet2DConditionModel, state: State) -> None:
    """Give a UNet the adapter's attention processors and projection, as a pipeline would."""
    unet._load_ip_adapter_weights([state], low_cpu_mem_usage=False)


def ip_adapter_state(unet: UNet2DConditionModel) -> State:
    """The adapter's weights read back from a UNet that carries it."""
    state: State = {"image_proj": {}, "ip_adapter": {}}
    weights = unet.state_dict()
    head = "encoder_hid_proj.image_projection_layers.0."
    for name, key in (("image_embeds", "proj"), ("norm", "norm")):
        for part in ("weight", "bias"):
            state["image_proj"][f"{key}.{part}"] = weights[f"{head}{name}.{part}"]
    for index, name in enumerate(_cross_attentions(unet)):
        for part in ("to_k_ip", "to_v_ip"):
            weight = weights[f"{name}.processor.{part}.0.weight"]
            state["ip_adapter"][f"{2 * index + 1}.{part}.weight"] = weight
    return state


def plain_unet_weights(unet: UNet2DConditionModel) -> dict[str, Tensor]:
    """The UNet's own weights, without the adapter's."""
    return {
        key: weight
        for key, weight in unet.state_dict().items()
        if ".processor." not in key and not key.startswith("encoder_hid_proj.")
    }


def _cross_attentions(unet: UNet2DConditionModel) -> list[str]:
    """Names of the cross-attention modules in the order in which the keys are numbered."""
    names = (name.removesuffix(".processor") for name in unet.attn_processors)
    return [name for name in names if not name.endswith("attn1")]
