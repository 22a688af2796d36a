"""The smallest kirakat-tiny: a training to try in seconds on a few sketches."""

from __future__ import annotations

from kirakat.training.tiny.config import (
    AutoencoderShape,
    AutoencoderTraining,
    Data,
    DiffusionTraining,
    Distillation,
    TextShape,
    TinyConfig,
    UNetShape,
    VisionShape,
)


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
        data=Data(picture=64, held_out=0.5, seed=0, composites=4),
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
            adversarial_weight=0.0,
            adversarial_from=0.5,
            adversarial_channels=4,
            procedural_share=0.5,
            decoder_only=False,
            bfloat16=False,
        ),
        diffusion_training=DiffusionTraining(
            steps=4,
            batch=2,
            backbone_steps=1,
            large_from=2,
            large_batch=1,
            small_share=0.5,
            learning_rate=1e-3,
            final_learning_rate=1e-4,
            warm_up=1,
            plateau=0.5,
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
        distillation=Distillation(
            stages=(4, 2),
            guidance=2.0,
            stage_steps=2,
            batch=2,
            large_batch=1,
            large_share=0.5,
            learning_rate=1e-3,
            final_learning_rate=1e-4,
            warm_up=1,
            ema=0.9,
            gradient_clip=1.0,
            scene_start=0.5,
            bfloat16=False,
        ),
    )
