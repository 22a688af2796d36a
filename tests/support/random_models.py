"""Small checkpoints of the true classes and layouts, with random weights.

They draw noise, yet differently for every input, which is what tests of the plumbing need:
nothing is zero, so nothing that is wired wrongly goes unnoticed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diffusers as typed_diffusers
import torch
import transformers as typed_transformers
from safetensors.torch import save_file

# Both libraries' classes have untyped methods.
diffusers: Any = typed_diffusers
transformers: Any = typed_transformers

TEXT_WIDTH = 32
VISION_WIDTH = 24
VISION_SIZE = 32
# Picture pixels per latent pixel.
FACTOR = 4


def build_sd15(
    folder: Path,
    *,
    adapter: bool = True,
    controlnet: bool = True,
    unet_channels: int | None = None,
    latent_channels: int = 4,
    scheduler: Mapping[str, Any] | None = None,
) -> Path:
    """An SD-1.5-class checkpoint in Kirakat's folder layout; returns `folder`.

    `unet_channels` 9 makes an inpainting UNet. `scheduler` replaces options of its DDIM
    schedule, such as `prediction_type`.
    """
    torch.manual_seed(7)
    unet = _unet(unet_channels or latent_channels, latent_channels, TEXT_WIDTH)
    parts = {
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "scheduler": ["diffusers", "DDIMScheduler"],
    }
    _save_common(folder, unet, latent_channels, scheduler, controlnet=controlnet, adapter=adapter)
    transformers.CLIPTextModel(_text_config()).eval().save_pretrained(folder / "text_encoder")
    _save_tokenizer(folder / "tokenizer")
    _save_index(folder, {"_class_name": "StableDiffusionPipeline", **parts})
    return folder


def build_sdxl(folder: Path) -> Path:
    """An SDXL-class checkpoint in Kirakat's folder layout; returns `folder`."""
    torch.manual_seed(8)
    unet = _unet(
        4,
        4,
        2 * TEXT_WIDTH,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + TEXT_WIDTH,
    )
    _save_common(folder, unet, 4, None, controlnet=True, adapter=True)
    transformers.CLIPTextModel(_text_config()).eval().save_pretrained(folder / "text_encoder")
    second = transformers.CLIPTextModelWithProjection(_text_config())
    second.eval().save_pretrained(folder / "text_encoder_2")
    _save_tokenizer(folder / "tokenizer")
    _save_tokenizer(folder / "tokenizer_2")
    _save_index(
        folder,
        {
            "_class_name": "StableDiffusionXLPipeline",
            "force_zeros_for_empty_prompt": True,
            "unet": ["diffusers", "UNet2DConditionModel"],
            "vae": ["diffusers", "AutoencoderKL"],
            "text_encoder": ["transformers", "CLIPTextModel"],
            "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
            "tokenizer": ["transformers", "CLIPTokenizer"],
            "tokenizer_2": ["transformers", "CLIPTokenizer"],
            "scheduler": ["diffusers", "DDIMScheduler"],
        },
    )
    return folder


def build_tiny_decoder(folder: Path) -> Path:
    """An `AutoencoderTiny` for the latents of `build_sd15`; returns `folder`."""
    torch.manual_seed(10)
    tiny = diffusers.AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8),
        decoder_block_out_channels=(8, 8, 8),
        num_encoder_blocks=(1, 1, 1),
        num_decoder_blocks=(1, 1, 1),
    )
    tiny.save_pretrained(folder)
    return folder


def build_lora(path: Path, folder: Path, *, rank: int = 2) -> Path:
    """A LoRA file for the attention of the checkpoint in `folder`; returns `path`."""
    torch.manual_seed(9)
    unet: Any = diffusers.UNet2DConditionModel.from_pretrained(folder / "unet")
    weights = {}
    for name, module in unet.named_modules():
        if name.endswith(("attn1.to_q", "attn1.to_v")):
            down = torch.randn(rank, module.in_features)
            up = torch.randn(module.out_features, rank)
            weights[f"unet.{name}.lora_A.weight"] = down
            weights[f"unet.{name}.lora_B.weight"] = up
    save_file(weights, path)
    return path


def _save_common(
    folder: Path,
    unet: Any,
    latent_channels: int,
    scheduler: Mapping[str, Any] | None,
    *,
    controlnet: bool,
    adapter: bool,
) -> None:
    unet.save_pretrained(folder / "unet")
    _vae(latent_channels).save_pretrained(folder / "vae")
    diffusers.DDIMScheduler(
        **{
            "beta_schedule": "scaled_linear",
            "beta_start": 0.00085,
            "beta_end": 0.012,
            "clip_sample": False,
            "set_alpha_to_one": False,
            "steps_offset": 1,
            **(scheduler or {}),
        }
    ).save_pretrained(folder / "scheduler")
    if controlnet:
        _controlnet(unet).save_pretrained(folder / "controlnet")
    if adapter:
        _save_adapter(folder, unet)


def _unet(in_channels: int, out_channels: int, text_width: int, **options: Any) -> Any:
    return diffusers.UNet2DConditionModel(
        sample_size=16,
        in_channels=in_channels,
        out_channels=out_channels,
        layers_per_block=1,
        block_out_channels=(16, 32),
        norm_num_groups=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=text_width,
        attention_head_dim=4,
        **options,
    )


def _controlnet(unet: Any) -> Any:
    """A ControlNet whose output layers, zero when training starts, are not zero."""
    controlnet: Any = diffusers.ControlNetModel.from_unet(
        unet, conditioning_embedding_out_channels=(8, 16, 32)
    )
    for name, weight in controlnet.named_parameters():
        if not weight.any() and name.endswith("weight"):
            torch.nn.init.normal_(weight, std=0.2)
    return controlnet


def _vae(latent_channels: int) -> Any:
    return diffusers.AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(8, 16, 16),
        layers_per_block=1,
        latent_channels=latent_channels,
        norm_num_groups=4,
        sample_size=64,
        scaling_factor=0.5,
    )


def _save_adapter(folder: Path, unet: Any) -> None:
    """Weights under the published keys: image_proj.* and ip_adapter.{1,3,5...}.to_{k,v}_ip."""
    vision = transformers.CLIPVisionModelWithProjection(
        transformers.CLIPVisionConfig(
            hidden_size=VISION_WIDTH,
            intermediate_size=32,
            projection_dim=VISION_WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            image_size=VISION_SIZE,
            patch_size=8,
        )
    )
    vision.eval().save_pretrained(folder / "image_encoder")
    width = unet.config.cross_attention_dim
    weights = {
        "image_proj.proj.weight": torch.randn(4 * width, VISION_WIDTH) * 0.5,
        "image_proj.proj.bias": torch.randn(4 * width) * 0.1,
        "image_proj.norm.weight": torch.ones(width),
        "image_proj.norm.bias": torch.zeros(width),
    }
    number = 1
    for name in unet.attn_processors:
        if not name.endswith("attn2.processor"):
            continue
        inner = unet.get_submodule(name.removesuffix(".processor")).to_k.out_features
        for part in ("to_k_ip", "to_v_ip"):
            weights[f"ip_adapter.{number}.{part}.weight"] = torch.randn(inner, width) * 0.5
        number += 2
    (folder / "ip_adapter").mkdir(parents=True)
    save_file(weights, folder / "ip_adapter" / "ip-adapter.safetensors")


def _text_config() -> Any:
    return transformers.CLIPTextConfig(
        vocab_size=514,
        hidden_size=TEXT_WIDTH,
        intermediate_size=32,
        projection_dim=TEXT_WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=77,
        bos_token_id=512,
        eos_token_id=513,
        pad_token_id=513,
    )


def _save_tokenizer(folder: Path) -> None:
    """CLIP's byte-level vocabulary without merges: every letter is a token."""
    folder.mkdir(parents=True)
    letters = _byte_letters()
    tokens = [*letters, *(f"{letter}</w>" for letter in letters)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", "utf-8")
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "CLIPTokenizer",
                "model_max_length": 77,
                "bos_token": "<|startoftext|>",
                "eos_token": "<|endoftext|>",
                "unk_token": "<|endoftext|>",
                "pad_token": "<|endoftext|>",
            }
        ),
        "utf-8",
    )


def _byte_letters() -> list[str]:
    """GPT-2's printable letter for each of the 256 bytes."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(others))]


def _save_index(folder: Path, index: Mapping[str, Any]) -> None:
    text = json.dumps({"_diffusers_version": diffusers.__version__, **index})
    (folder / "model_index.json").write_text(text, "utf-8")
