"""One diffusers pipeline from a checkpoint's files, ready on its device."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kirakat.errors import ModelError
from kirakat.models.diffusion.locate import ModelFiles
from kirakat.models.diffusion.read_parts import quiet, read_part
from kirakat.models.diffusion.runtime import Runtime
from kirakat.models.diffusion.schedulers import check_scheduler, make_scheduler


def build_pipeline(
    pipeline_class: Any, files: ModelFiles, runtime: Runtime, scheduler: str, **parts: Any
) -> Any:
    """A pipeline with its IP-Adapter and LoRA loaded and its scheduler set.

    `parts` are handed to the class; without an `image_encoder` among them no IP-Adapter is
    loaded. Raises `ModelError` when files are missing or do not fit.
    """
    import torch

    options = {**_options(files.base), "image_encoder": None, "feature_extractor": None, **parts}
    # Half precision overflows in SDXL's autoencoder and bands in others.
    dtypes = {"default": runtime.dtype, "vae": torch.float32}
    pipeline = read_part(pipeline_class, files.base, dtypes, local_files_only=True, **options)
    pipeline.set_progress_bar_config(disable=True)
    if files.adapter is not None and "image_encoder" in parts:
        _load_adapter(pipeline, files.adapter)
    for path in files.lora:
        _fuse_lora(pipeline, path)
    _set_scheduler(pipeline, files, scheduler)
    pipeline.to(runtime.device)
    if runtime.channels_last:
        _to_channels_last(pipeline)
    return pipeline


def is_xl(base: Path) -> bool:
    """Whether a checkpoint is of the SDXL class."""
    index = json.loads((base / "model_index.json").read_text("utf-8"))
    return "text_encoder_2" in index


def _options(base: Path) -> dict[str, Any]:
    if is_xl(base):
        return {"add_watermarker": False}
    return {"safety_checker": None, "requires_safety_checker": False}


def _load_adapter(pipeline: Any, weights: Path) -> None:
    """Before any LoRA: fused weights are then those that the adapter's layers replace."""
    try:
        with quiet():
            pipeline.load_ip_adapter(
                str(weights.parent),
                subfolder="",
                weight_name=weights.name,
                image_encoder_folder=None,
            )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelError(f"{weights}: no IP-Adapter for this model: {error}") from error


def _fuse_lora(pipeline: Any, path: Path) -> None:
    try:
        pipeline.load_lora_weights(str(path.parent), weight_name=path.name)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelError(f"{path}: no LoRA for this model: {error}", path=path) from error
    pipeline.fuse_lora()
    pipeline.unload_lora_weights()


def _set_scheduler(pipeline: Any, files: ModelFiles, name: str) -> None:
    chosen = name or files.scheduler
    if chosen:
        options = {} if name else files.scheduler_options
        pipeline.scheduler = make_scheduler(chosen, pipeline.scheduler.config, options)
    check_scheduler(pipeline.scheduler)


def _to_channels_last(pipeline: Any) -> None:
    import torch

    for part in (pipeline.unet, pipeline.vae, getattr(pipeline, "controlnet", None)):
        if part is not None:
            part.to(memory_format=torch.channels_last)
