"""Every setting of kirakat-tiny: shapes of its networks, data, and its trainings."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from kirakat.errors import TrainingError


@dataclass(frozen=True, kw_only=True)
class AutoencoderShape:
    """`diffusers.AutoencoderKL`; n channel counts downsample by 2^(n-1)."""

    block_out_channels: tuple[int, ...]
    latent_channels: int
    layers_per_block: int
    norm_num_groups: int

    @property
    def downsampling(self) -> int:
        """Picture pixels to one latent pixel along a side."""
        return int(2 ** (len(self.block_out_channels) - 1))


@dataclass(frozen=True, kw_only=True)
class UNetShape:
    """`diffusers.UNet2DConditionModel` and the `ControlNetModel` copied from it."""

    block_out_channels: tuple[int, ...]
    # One flag a block, shallow to deep: does it attend to text and image tokens?
    cross_attention: tuple[bool, ...]
    layers_per_block: int
    # Channels of one attention head.
    head_channels: int
    norm_num_groups: int
    # One count a halving of the control image, so as many as the autoencoder has blocks.
    control_channels: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class TextShape:
    """`transformers.CLIPTextModel` and its tokenizer."""

    width: int
    layers: int
    heads: int
    vocabulary: int
    # Tokens of one prompt, begin and end marks included.
    tokens: int


@dataclass(frozen=True, kw_only=True)
class VisionShape:
    """`transformers.CLIPVisionModelWithProjection`; `ip_tokens` are IP-Adapter's."""

    width: int
    layers: int
    heads: int
    # Sides in pixels.
    picture: int
    patch: int
    projection: int
    ip_tokens: int


@dataclass(frozen=True, kw_only=True)
class Data:
    """Which pictures are trained on."""

    # Side of a training render in pixels.
    picture: int
    # Share of the renders, the last ones, never trained on.
    held_out: float
    seed: int
    # Rendered products put into the library's scenes, beside the renders.
    composites: int


@dataclass(frozen=True, kw_only=True)
class AutoencoderTraining:
    """The autoencoder's loop. `learning_rate` is the peak after `warm_up` steps."""

    steps: int
    batch: int
    # Side of a training crop in pixels; `large_crop` is drawn with its own smaller batch.
    crop: int
    large_crop: int
    large_batch: int
    # Share of steps on the large crop.
    large_share: float
    learning_rate: float
    final_learning_rate: float
    warm_up: int
    ema: float
    # Weights of the loss terms beside L1.
    gradient_weight: float
    spectrum_weight: float
    kl_weight: float
    # Weight of the patch discriminator beside the reconstruction; 0: none.
    adversarial_weight: float
    # Share of the steps after which it takes part, and the channels of its first layer.
    adversarial_from: float
    adversarial_channels: int
    # Share of crops that are procedural dead leaves, which keep it general.
    procedural_share: float
    # Leave the encoder as it is, so that latents made with it stay valid.
    decoder_only: bool
    bfloat16: bool


@dataclass(frozen=True, kw_only=True)
class DiffusionTraining:
    """The joint loop of UNet, ControlNet, text encoder and IP-Adapter."""

    steps: int
    batch: int
    # Steps of the UNet without its ControlNet, twice as fast; then the ControlNet starts from it.
    backbone_steps: int
    # Step from which the large pictures are drawn, with their own batch.
    large_from: int
    large_batch: int
    # Share of the later steps that still see small pictures.
    small_share: float
    learning_rate: float
    final_learning_rate: float
    warm_up: int
    # Share of the steps after the warm-up at the full learning rate, before it falls.
    plateau: float
    weight_decay: float
    ema: float
    gradient_clip: float
    # Signal-to-noise ratio above which a step's weight falls (min-SNR).
    snr_cap: float
    drop_text: float
    drop_image: float
    drop_both: float
    drop_edges: float
    # Share of samples whose noise leads from the product-free scene to the picture.
    scene_start: float
    # Share of samples that show a product-free picture with empty conditions.
    product_free: float
    bfloat16: bool


@dataclass(frozen=True, kw_only=True)
class Distillation:
    """The stages in which the trained networks learn to draw in few steps."""

    # Steps in which the student of each stage draws a picture, each half of the one before.
    stages: tuple[int, ...]
    # Guidance of the first teacher, which its student then has built in.
    guidance: float
    stage_steps: int
    batch: int
    large_batch: int
    # Share of steps that see large pictures.
    large_share: float
    learning_rate: float
    final_learning_rate: float
    warm_up: int
    ema: float
    gradient_clip: float
    # Share of samples that begin as a noised product-free scene.
    scene_start: float
    bfloat16: bool


@dataclass(frozen=True, kw_only=True)
class TinyConfig:
    """All of kirakat-tiny."""

    name: str
    version: str
    autoencoder: AutoencoderShape
    unet: UNetShape
    text: TextShape
    vision: VisionShape
    data: Data
    autoencoder_training: AutoencoderTraining
    diffusion_training: DiffusionTraining
    distillation: Distillation


def load_tiny_config(path: Path) -> TinyConfig:
    """The configuration in a TOML file.

    Raises `TrainingError` when a key is missing, unknown or of the wrong type.
    """
    with path.open("rb") as file:
        config: TinyConfig = _record(TinyConfig, tomllib.load(file), "")
    return config


def _record(kind: type, table: Mapping[str, object], where: str) -> Any:
    hints = get_type_hints(kind)
    names = {field.name for field in dataclasses.fields(kind)}
    wrong = names.symmetric_difference(table)
    if wrong:
        raise TrainingError(f"missing or unknown keys in [{where}]: {sorted(wrong)}", keys=wrong)
    return kind(**{name: _value(hints[name], table[name], f"{where}.{name}") for name in names})


def _value(hint: Any, value: object, where: str) -> object:
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return _record(hint if isinstance(hint, type) else type(hint), value, where.lstrip("."))
    if isinstance(value, list):
        return tuple(value)
    if hint is float and type(value) is int:
        return float(value)
    if isinstance(hint, type) and type(value) is not hint:
        raise TrainingError(f"{where.lstrip('.')} must be {hint.__name__}, not {value!r}")
    return value
