"""Encode the renders once, so that the diffusion training never runs the autoencoder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kirakat.training.tiny.conditions import control_edges, cut_out
from kirakat.training.tiny.dataset import TrainingRender
from kirakat.training.tiny.views import View, views_of

if TYPE_CHECKING:
    from torch import Tensor

    from kirakat.training.tiny.networks import (
        AutoencoderKL,
    )

# Log variance of latents without noise; diffusers clamps it to -30.
_NO_NOISE = -30.0
# Differently drawn control images kept of every view.
_CONTROLS = 2


@dataclass(frozen=True, kw_only=True)
class EncodedView:
    """One view of a render, ready to train on."""

    # (C, h, w), scaled as the UNet sees them: with the product, and without.
    picture: NDArray[np.float16]
    scene: NDArray[np.float16]
    # `_CONTROLS` x (H, W/8): edges, packed eight pixels to a byte.
    controls: NDArray[np.uint8]
    mirrored: bool


@dataclass(frozen=True, kw_only=True)
class EncodedRender:
    """All views of one render, its caption and its cut-out product (S, S, 4)."""

    index: int
    caption: str
    cutout: NDArray[np.uint8]
    views: tuple[EncodedView, ...]


def encode_render(
    render: TrainingRender, autoencoder: AutoencoderKL, product_side: int, seed: int
) -> EncodedRender:
    """Encode a render's views. The same seed and render always give the same views."""
    rng = np.random.default_rng([seed, render.index])
    picture, twin, matte = render.picture(), render.twin(), render.matte()
    return EncodedRender(
        index=render.index,
        caption=render.caption(),
        cutout=cut_out(picture, matte, product_side),
        views=tuple(
            _encode_view(view, picture, twin, matte, autoencoder, rng)
            for view in views_of(picture.shape[0], rng)
        ),
    )


def _encode_view(
    view: View,
    picture: NDArray[np.uint8],
    twin: NDArray[np.uint8],
    matte: NDArray[np.uint8],
    autoencoder: AutoencoderKL,
    rng: np.random.Generator,
) -> EncodedView:
    seen, coverage = view.of(picture), view.of(matte)
    latents = encode_pixels(autoencoder, np.stack([seen, view.of(twin)])).cpu().numpy()
    controls = [control_edges(seen, coverage, rng) for _ in range(_CONTROLS)]
    return EncodedView(
        picture=latents[0].astype(np.float16),
        scene=latents[1].astype(np.float16),
        controls=np.packbits(np.stack(controls), axis=-1),
        mirrored=view.mirrored,
    )


def encode_pixels(autoencoder: AutoencoderKL, pixels: NDArray[np.uint8]) -> Tensor:
    """Latents (B, C, h, w), scaled as the UNet sees them, of (B, H, W, 3) pixels."""
    import torch

    with torch.inference_mode():
        pictures = torch.tensor(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1
        latents: Tensor = autoencoder.encode(pictures.to(autoencoder.device)).latent_dist.mode()
        return latents.float() * float(autoencoder.config["scaling_factor"])


def standardise_latents(autoencoder: AutoencoderKL, latents: Tensor) -> None:
    """Fold a shift and a scale of each latent channel into the autoencoder.

    Afterwards the channels of `latents` (B, C, h, w), unscaled, would have mean 0 and deviations
    of root mean square 1, in the ratio of the square roots of what they were: noise then drowns
    fine details before colours, but colours not too late. So the scaling factor is 1; pictures
    come back unchanged. Both foldings are exact because `quant_conv` and `post_quant_conv` are
    1x1 convolutions. The latent noise, which only training needs, goes: pipelines that start
    from a picture would add it.
    """
    import torch

    mean = latents.mean((0, 2, 3)).double()
    scale = _evened(latents.std((0, 2, 3)).double())
    with torch.no_grad():
        after, before = autoencoder.quant_conv, autoencoder.post_quant_conv
        # Rows of `quant_conv`: C means, then C log variances.
        channels = len(mean)
        weight, bias = after.weight.double(), after.bias.double()
        weight[:channels] /= scale[:, None, None, None]
        bias[:channels] = (bias[:channels] - mean) / scale
        weight[channels:] = 0
        bias[channels:] = _NO_NOISE
        after.weight.copy_(weight)
        after.bias.copy_(bias)
        kernel = before.weight.double()
        before.bias.copy_(before.bias.double() + kernel[:, :, 0, 0] @ mean)
        before.weight.copy_(kernel * scale[None, :, None, None])
    autoencoder.register_to_config(scaling_factor=1.0)


def _evened(deviations: Tensor) -> Tensor:
    """What channels (C,) are divided by, so that the ratios of their deviations are rooted."""
    wanted = deviations.sqrt()
    return deviations / (wanted / wanted.square().mean().sqrt())


def save_encoded(encoded: EncodedRender, path: Path) -> None:
    """Write one render's views, atomically, as a compressed NumPy archive."""
    arrays: dict[str, NDArray[np.generic]] = {
        "index": np.array(encoded.index),
        "caption": np.array(encoded.caption),
        "cutout": encoded.cutout,
        "mirrored": np.array([view.mirrored for view in encoded.views]),
    }
    for number, view in enumerate(encoded.views):
        arrays[f"picture{number}"] = view.picture
        arrays[f"scene{number}"] = view.scene
        arrays[f"controls{number}"] = view.controls
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npz")
    np.savez(part, allow_pickle=False, **arrays)
    part.replace(path)


def load_encoded(path: Path) -> EncodedRender:
    """Read what `save_encoded` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        views = tuple(
            EncodedView(
                picture=arrays[f"picture{number}"],
                scene=arrays[f"scene{number}"],
                controls=arrays[f"controls{number}"],
                mirrored=bool(mirrored),
            )
            for number, mirrored in enumerate(arrays["mirrored"])
        )
        return EncodedRender(
            index=int(arrays["index"]),
            caption=str(arrays["caption"]),
            cutout=arrays["cutout"],
            views=views,
        )
