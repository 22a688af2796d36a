"""Pipelines of the true classes and sizes with random weights: speed does not depend on values.

Configurations are those of stable-diffusion-v1-5, stable-diffusion-xl-base-1.0, their canny
ControlNets, h94/IP-Adapter's base adapters and madebyollin's taesd. Text and vision encoders
are left out: embeddings are computed once a prompt and product and come from the cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import diffusers as typed_diffusers
import torch

from kirakat.models.diffusion.pipelines import TextToImage, TextToImageXL
from kirakat.models.diffusion.read_parts import quiet
from kirakat.models.diffusion.schedulers import make_scheduler

diffusers: Any = typed_diffusers

_IP_TOKENS = 4
_BETAS = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}


@dataclass(frozen=True, kw_only=True)
class Widths:
    """Channels of what the networks are conditioned with, and picture pixels a latent pixel."""

    text: int
    # SDXL's pooled text; 0 without.
    pooled: int
    image: int
    factor: int


@dataclass(frozen=True, kw_only=True)
class RandomModel:
    """A stock pipeline with all networks, and a tiny decoder for its latents."""

    pipeline: Any
    tiny_decoder: Any
    widths: Widths


def build_random(
    kind: str,
    *,
    scheduler: str,
    small: bool = False,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
    seed: int = 1,
) -> RandomModel:
    """A model of class "sd15" or "sdxl"; the same seed gives the same weights on one device.

    `small` is a miniature that runs on a CPU in seconds. On the device "meta" nothing is
    computed and nothing takes memory, which is enough to count.
    """
    torch.manual_seed(seed)
    xl = kind == "sdxl"
    widths = _widths(xl=xl, small=small)
    with torch.device(device):
        unet = diffusers.UNet2DConditionModel(**_unet(xl=xl, small=small))
        controlnet = _controlnet(unet, small=small)
        _attach_adapter(unet, widths)
        vae = diffusers.AutoencoderKL(**_autoencoder(small=small))
        tiny = diffusers.AutoencoderTiny(**_tiny_decoder(small=small))
    parts = {"unet": unet, "controlnet": controlnet, "vae": vae}
    with quiet():
        for part in (*parts.values(), tiny):
            part.to(device=device, dtype=dtype).eval().requires_grad_(False)
    own = diffusers.DDIMScheduler(**_BETAS, clip_sample=False, steps_offset=1)
    nothing = dict.fromkeys(("text_encoder", "tokenizer", "image_encoder", "feature_extractor"))
    made = make_scheduler(scheduler, own.config, {})
    pipeline: Any
    one: Any = TextToImage
    xl_one: Any = TextToImageXL
    if xl:
        nothing |= {"text_encoder_2": None, "tokenizer_2": None}
        pipeline = xl_one(**parts, **nothing, scheduler=made, add_watermarker=False)
    else:
        pipeline = one(
            **parts,
            **nothing,
            scheduler=made,
            safety_checker=None,
            requires_safety_checker=False,
        )
    pipeline.set_progress_bar_config(disable=True)
    return RandomModel(pipeline=pipeline, tiny_decoder=tiny, widths=widths)


def _widths(*, xl: bool, small: bool) -> Widths:
    if small:
        return Widths(text=32, pooled=16 if xl else 0, image=24, factor=4)
    if xl:
        return Widths(text=2048, pooled=1280, image=1280, factor=8)
    return Widths(text=768, pooled=0, image=1024, factor=8)


def _unet(*, xl: bool, small: bool) -> Mapping[str, Any]:
    widths = _widths(xl=xl, small=small)
    added: dict[str, Any] = {}
    if xl:
        time = 8 if small else 256
        added = {
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": time,
            "projection_class_embeddings_input_dim": 6 * time + widths.pooled,
            "use_linear_projection": True,
        }
    if small:
        return {
            "sample_size": 16,
            "layers_per_block": 1,
            "block_out_channels": (16, 32),
            "norm_num_groups": 8,
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
            "cross_attention_dim": widths.text,
            "attention_head_dim": 4,
            **added,
        }
    if not xl:
        # Everything else is the class' default.
        return {"sample_size": 64, "cross_attention_dim": widths.text, "attention_head_dim": 8}
    return {
        "sample_size": 128,
        "block_out_channels": (320, 640, 1280),
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "transformer_layers_per_block": (1, 2, 10),
        "attention_head_dim": (5, 10, 20),
        "cross_attention_dim": widths.text,
        **added,
    }


def _controlnet(unet: Any, *, small: bool) -> Any:
    """A ControlNet whose output layers, zero when training starts, are not zero."""
    channels = (8, 16, 32) if small else (16, 32, 96, 256)
    controlnet = diffusers.ControlNetModel.from_unet(
        unet, conditioning_embedding_out_channels=channels, load_weights_from_unet=False
    )
    outputs = (*controlnet.controlnet_down_blocks, controlnet.controlnet_mid_block)
    for layer in (*outputs, controlnet.controlnet_cond_embedding.conv_out):
        torch.nn.init.normal_(layer.weight, std=0.02)
    return controlnet


def _attach_adapter(unet: Any, widths: Widths) -> None:
    """IP-Adapter's base format, random."""
    tokens = _IP_TOKENS * widths.text
    state: dict[str, dict[str, torch.Tensor]] = {
        "image_proj": {
            "proj.weight": torch.randn(tokens, widths.image) * 0.02,
            "proj.bias": torch.zeros(tokens),
            "norm.weight": torch.ones(widths.text),
            "norm.bias": torch.zeros(widths.text),
        },
        "ip_adapter": {},
    }
    cross = [name for name in unet.attn_processors if name.endswith("attn2.processor")]
    for number, name in enumerate(cross):
        inner = unet.get_submodule(name.removesuffix(".processor")).to_k.out_features
        for part in ("to_k_ip", "to_v_ip"):
            weight = torch.randn(inner, widths.text) * 0.05
            state["ip_adapter"][f"{2 * number + 1}.{part}.weight"] = weight
    with quiet():
        unet._load_ip_adapter_weights([state], low_cpu_mem_usage=False)


def _autoencoder(*, small: bool) -> Mapping[str, Any]:
    channels = (8, 16, 16) if small else (128, 256, 512, 512)
    return {
        "down_block_types": ("DownEncoderBlock2D",) * len(channels),
        "up_block_types": ("UpDecoderBlock2D",) * len(channels),
        "block_out_channels": channels,
        "layers_per_block": 1 if small else 2,
        "norm_num_groups": 4 if small else 32,
        "sample_size": 64 if small else 512,
    }


def _tiny_decoder(*, small: bool) -> Mapping[str, Any]:
    if not small:
        return {}
    return {
        "encoder_block_out_channels": (8, 8, 8),
        "decoder_block_out_channels": (8, 8, 8),
        "num_encoder_blocks": (1, 1, 1),
        "num_decoder_blocks": (1, 1, 1),
    }
