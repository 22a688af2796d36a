"""The smallest kirakat-tiny and a few drawn renders: a training to try in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kirakat.training.tiny.config import (
    AutoencoderShape,
    AutoencoderTraining,
    Data,
    DiffusionTraining,
    TextShape,
    TinyConfig,
    UNetShape,
    VisionShape,
)

_COLOURS = {"red": (200, 60, 50), "green": (70, 160, 90), "blue": (60, 90, 190)}


def smallest_config() -> TinyConfig:
    """All networks at a few thousand weights and pictures of 64 pixels."""
    return TinyConfig(
        name="smallest",
        version="0",
        autoencoder=AutoencoderShape(
            block_out_channels=(8, 8, 16), latent_channels=4, layers_per_block=1, norm_num_groups=4
        ),
        unet=UNetShape(
            block_out_channels=(8, 16),
            cross_attention=(False, True),
            layers_per_block=1,
            head_channels=8,
            norm_num_groups=4,
            control_channels=(4, 4, 8),
        ),
        text=TextShape(width=16, layers=1, heads=2, vocabulary=600, tokens=77),
        vision=VisionShape(
            width=16, layers=1, heads=2, picture=28, patch=14, projection=16, ip_tokens=4
        ),
        data=Data(picture=64, held_out=0.5, seed=0),
        autoencoder_training=AutoencoderTraining(
            steps=4,
            batch=2,
            crop=16,
            large_crop=32,
            large_batch=1,
            large_share=0.5,
            learning_rate=1e-3,
            final_learning_rate=1e-4,
            warm_up=1,
            ema=0.9,
            gradient_weight=0.5,
            spectrum_weight=0.05,
            kl_weight=1e-6,
            procedural_share=0.5,
            bfloat16=False,
        ),
        diffusion_training=DiffusionTraining(
            steps=4,
            batch=2,
            large_from=2,
            large_batch=1,
            small_share=0.5,
            learning_rate=1e-3,
            final_learning_rate=1e-4,
            warm_up=1,
            weight_decay=0.01,
            ema=0.9,
            gradient_clip=1.0,
            snr_cap=5.0,
            drop_text=0.1,
            drop_image=0.1,
            drop_both=0.05,
            drop_edges=0.1,
            scene_start=0.3,
            product_free=0.1,
            bfloat16=False,
        ),
    )


def draw_sample_renders(folder: Path, count: int, side: int, seed: int = 0) -> None:
    """Write `count` drawn boxes on tables, in the layout of training renders."""
    from PIL import Image

    rng = np.random.default_rng(seed)
    for index in range(count):
        name = list(_COLOURS)[index % len(_COLOURS)]
        twin = _table(rng, side)
        matte = _box(rng, side)
        coverage = matte[..., None] / 255
        picture = twin * (1 - coverage) + np.array(_COLOURS[name]) * coverage
        target = folder / f"{index:04d}"
        target.mkdir(parents=True)
        Image.fromarray(twin.astype(np.uint8)).save(target / "twin.jpg", quality=95)
        Image.fromarray(picture.astype(np.uint8)).save(target / "picture.jpg", quality=95)
        Image.fromarray(matte).save(target / "matte.png")
        caption = f"a {name} box, on a plain table, soft light"
        (target / "caption.txt").write_text(caption, encoding="utf-8")


def _table(rng: np.random.Generator, side: int) -> NDArray[np.float64]:
    wall, top = rng.uniform(120, 240, (2, 3))
    rows = np.arange(side)[:, None, None]
    return np.where(rows < side * 0.6, wall, top) * np.ones((1, side, 1))


def _box(rng: np.random.Generator, side: int) -> NDArray[np.uint8]:
    matte = np.zeros((side, side), np.uint8)
    width, height = (int(side * rng.uniform(0.2, 0.4)) for _ in range(2))
    left, bottom = int(rng.integers(side // 8, side // 2)), int(side * 0.8)
    matte[bottom - height : bottom, left : left + width] = 255
    return matte
