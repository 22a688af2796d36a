"""Build the networks of kirakat-tiny, untrained, from diffusers' and transformers' classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kirakat.training.tiny.autoencoder_start import start_as_block_means
from kirakat.training.tiny.config import AutoencoderShape, TextShape, TinyConfig, VisionShape
from kirakat.training.tiny.ip_adapter import attach_ip_adapter, new_ip_adapter_state

if TYPE_CHECKING:
    from torch import nn

    from kirakat.training.tiny.networks import (
        AutoencoderKL,
        CLIPTextModel,
        CLIPVisionModelWithProjection,
        ControlNetModel,
        UNet2DConditionModel,
    )


@dataclass(frozen=True, kw_only=True)
class TinyModules:
    """The networks that the diffusion training moves together."""

    # Carries the IP-Adapter: its attention processors and `encoder_hid_proj`.
    unet: UNet2DConditionModel
    controlnet: ControlNetModel
    text_encoder: CLIPTextModel
    image_encoder: CLIPVisionModelWithProjection

    def together(self) -> nn.ModuleDict:
        """All of them as one module, for one optimiser, one EMA and one checkpoint."""
        from torch import nn

        return nn.ModuleDict(
            {
                "unet": self.unet,
                "controlnet": self.controlnet,
                "text_encoder": self.text_encoder,
                "image_encoder": self.image_encoder,
            }
        )


def build_autoencoder(shape: AutoencoderShape, picture: int) -> AutoencoderKL:
    """An autoencoder for (B, 3, H, W) pictures in [-1, 1].

    It has no attention, so that what it learns on small crops holds for whole pictures.
    """
    from diffusers import AutoencoderKL

    blocks = len(shape.block_out_channels)
    autoencoder = AutoencoderKL(  # type: ignore[no-untyped-call]
        down_block_types=("DownEncoderBlock2D",) * blocks,
        up_block_types=("UpDecoderBlock2D",) * blocks,
        block_out_channels=shape.block_out_channels,
        layers_per_block=shape.layers_per_block,
        latent_channels=shape.latent_channels,
        norm_num_groups=shape.norm_num_groups,
        sample_size=picture,
        mid_block_add_attention=False,
    )
    start_as_block_means(autoencoder)
    return autoencoder


def build_modules(config: TinyConfig) -> TinyModules:
    """UNet with IP-Adapter, ControlNet, text encoder and image encoder, randomly initialised."""
    unet = build_unet(config)
    controlnet = build_controlnet(unet, config)
    attach_ip_adapter(unet, new_ip_adapter_state(unet, config.vision))
    return TinyModules(
        unet=unet,
        controlnet=controlnet,
        text_encoder=build_text_encoder(config.text),
        image_encoder=build_image_encoder(config.vision),
    )


def build_unet(config: TinyConfig) -> UNet2DConditionModel:
    """The UNet without IP-Adapter."""
    from diffusers import UNet2DConditionModel

    shape = config.unet
    down = tuple("CrossAttnDownBlock2D" if on else "DownBlock2D" for on in shape.cross_attention)
    up = tuple(
        "CrossAttnUpBlock2D" if on else "UpBlock2D" for on in reversed(shape.cross_attention)
    )
    return UNet2DConditionModel(  # type: ignore[no-untyped-call]
        sample_size=config.data.picture // config.autoencoder.downsampling,
        in_channels=config.autoencoder.latent_channels,
        out_channels=config.autoencoder.latent_channels,
        down_block_types=down,
        up_block_types=up,
        block_out_channels=shape.block_out_channels,
        layers_per_block=shape.layers_per_block,
        cross_attention_dim=config.text.width,
        # Despite its name, diffusers reads this as the number of heads.
        attention_head_dim=tuple(c // shape.head_channels for c in shape.block_out_channels),
        norm_num_groups=shape.norm_num_groups,
    )


def build_controlnet(unet: UNet2DConditionModel, config: TinyConfig) -> ControlNetModel:
    """A ControlNet that starts as a copy of the UNet's encoder (Zhang et al., arXiv 2302.05543)."""
    from diffusers import ControlNetModel

    controlnet: ControlNetModel = ControlNetModel.from_unet(
        unet, conditioning_embedding_out_channels=config.unet.control_channels
    )
    return controlnet


def build_text_encoder(shape: TextShape) -> CLIPTextModel:
    """A CLIP text model; the begin and end marks are the vocabulary's last two tokens."""
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=shape.vocabulary,
            hidden_size=shape.width,
            intermediate_size=4 * shape.width,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            max_position_embeddings=shape.tokens,
            projection_dim=shape.width,
            bos_token_id=shape.vocabulary - 2,
            eos_token_id=shape.vocabulary - 1,
            pad_token_id=shape.vocabulary - 1,
        )
    )


def build_image_encoder(shape: VisionShape) -> CLIPVisionModelWithProjection:
    """A CLIP vision model for (B, 3, `picture`, `picture`) pictures of the product."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=shape.width,
            intermediate_size=4 * shape.width,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            image_size=shape.picture,
            patch_size=shape.patch,
            projection_dim=shape.projection,
        )
    )
