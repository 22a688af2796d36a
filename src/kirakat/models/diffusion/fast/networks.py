"""UNet and ControlNet as one function of the latents, with everything else made beforehand."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from diffusers import ControlNetModel
from torch import Tensor, nn

from kirakat.models.diffusion.fast.attention import rewire
from kirakat.models.diffusion.fast.fp8 import use_fp8
from kirakat.models.diffusion.fast.options import FastOptions


class Given(NamedTuple):
    """What stays the same through all steps, one row a pass of a picture."""

    # Keys and values (R, tokens, columns) for the UNet; `image` is None without an adapter.
    text: Tensor
    image: Tensor | None
    # The same for the ControlNet, and the edges through its first layers (R, C, h, w).
    control_text: Tensor | None
    control: Tensor | None
    # Weight of the edges, (1,).
    control_scale: Tensor | None
    # SDXL's pooled text (R, P) and sizes (R, 6).
    pooled: Tensor | None
    sizes: Tensor | None


class Networks(nn.Module):
    """A pipeline's UNet and ControlNet, rewired; the pipeline itself can draw no more."""

    def __init__(self, pipeline: Any, options: FastOptions) -> None:
        super().__init__()
        self.unet, self.controlnet = pipeline.unet, pipeline.controlnet
        self.dtype: torch.dtype = self.unet.dtype
        self.text_keys, self.image_keys = rewire(self.unet)
        self.control_keys, _ = rewire(self.controlnet)
        # Keys and values arrive ready-made; nothing is projected on the way.
        self.unet.process_encoder_hidden_states = _as_they_are
        self.embed_control = self.controlnet.controlnet_cond_embedding
        self.controlnet.controlnet_cond_embedding = nn.Identity()
        if options.channels_last:
            self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if options.fp8:
            use_fp8(self.unet)
            use_fp8(self.controlnet)

    def prepare(
        self,
        *,
        text: Tensor,
        image: Tensor | None,
        image_scale: float,
        controls: Tensor,
        control_scale: float,
        pooled: Tensor | None,
    ) -> Given:
        """Everything that the steps share.

        `text` (R, tokens, D), `image` (R, 1, E) embeddings, `controls` (B, 3, H, W) of 8 bits
        with R a multiple of B, `pooled` (R, P) for SDXL. Without a scale there are no edges.
        """
        device, rows = self.unet.device, len(text)
        text = text.to(device, self.dtype)
        given = Given(
            text=self.text_keys(text),
            image=self._image_keys(image, image_scale),
            control_text=None,
            control=None,
            control_scale=None,
            pooled=None if pooled is None else pooled.to(device, self.dtype),
            sizes=None if pooled is None else self._sizes(controls, rows),
        )
        if control_scale == 0.0:
            return given
        levels = to_device(controls, device).float() / 255
        embedded = self.embed_control(levels.to(self.dtype))
        return given._replace(
            control_text=self.control_keys(text),
            control=torch.cat([embedded] * (rows // len(controls))),
            control_scale=torch.full((1,), control_scale, device=device, dtype=self.dtype),
        )

    def forward(self, latents: Tensor, timestep: Tensor, given: Given) -> Tensor:
        """What the UNet predicts for `latents` (R, C, h, w) at `timestep` (1,)."""
        added = None
        if given.pooled is not None:
            added = {"text_embeds": given.pooled, "time_ids": given.sizes}
        down, middle = None, None
        if given.control is not None:
            # Not the instance's own forward, whose shortcut compares the scale on the host.
            down, middle = ControlNetModel.forward(
                self.controlnet,
                latents,
                timestep,
                encoder_hidden_states=(given.control_text, None),
                controlnet_cond=given.control,
                conditioning_scale=given.control_scale,
                added_cond_kwargs=added,
                return_dict=False,
            )
        predicted: Tensor = self.unet(
            latents,
            timestep,
            encoder_hidden_states=(given.text, given.image),
            down_block_additional_residuals=down,
            mid_block_additional_residual=middle,
            added_cond_kwargs=added,
            return_dict=False,
        )[0]
        return predicted

    def _image_keys(self, image: Tensor | None, scale: float) -> Tensor | None:
        if image is None or self.image_keys is None or scale == 0.0:
            return None
        projected = self.unet.encoder_hid_proj([image.to(self.unet.device, self.dtype)])[0]
        stored: Tensor = self.image_keys(projected.flatten(1, 2), scale)
        return stored

    def _sizes(self, controls: Tensor, rows: int) -> Tensor:
        height, width = controls.shape[-2:]
        sizes = torch.tensor([[height, width, 0, 0, height, width]], dtype=self.dtype)
        return sizes.to(self.unet.device).repeat(rows, 1)


def to_device(values: Tensor, device: torch.device) -> Tensor:
    """Without waiting for what the device still has to do."""
    if device.type != "cuda" or values.is_cuda:
        return values.to(device)
    return values.pin_memory().to(device, non_blocking=True)


def _as_they_are(encoder_hidden_states: Any, added_cond_kwargs: object) -> Any:  # noqa: ARG001
    """Stands in for the UNet's projection of image embeddings."""
    return encoder_hidden_states
