"""Write kirakat-tiny as a Stable Diffusion folder that diffusers loads unchanged."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kirakat.training.tiny.build import TinyModules, build_autoencoder, build_modules, build_unet
from kirakat.training.tiny.checkpoint import read_checkpoint
from kirakat.training.tiny.conditions import CLIP_MEAN, CLIP_STD
from kirakat.training.tiny.config import TinyConfig
from kirakat.training.tiny.diffusion import modules_of
from kirakat.training.tiny.ip_adapter import ip_adapter_state, plain_unet_weights
from kirakat.training.tiny.objective import scheduler_settings
from kirakat.training.tiny.tokenizer import save_tokenizer

if TYPE_CHECKING:
    from kirakat.training.tiny.networks import (
        AutoencoderKL,
        CLIPTokenizer,
    )

IP_ADAPTER_FILE = "ip-adapter_tiny.safetensors"


def export_model(
    folder: Path,
    config: TinyConfig,
    *,
    modules: TinyModules,
    autoencoder: AutoencoderKL,
    tokenizer: CLIPTokenizer,
    solver_order: int = 2,
) -> None:
    """Write every component in half precision under `folder`, replacing what is there."""
    unet = build_unet(config)
    unet.load_state_dict(plain_unet_weights(modules.unet))
    _save(unet, folder / "unet")
    _save(modules.controlnet, folder / "controlnet")
    for name, encoder in (
        ("text_encoder", modules.text_encoder),
        ("image_encoder", modules.image_encoder),
    ):
        _save(encoder, folder / name)
        _load_in_single_precision(folder / name / "config.json")
    _save(autoencoder, folder / "vae")
    save_tokenizer(tokenizer, folder / "tokenizer")
    _save_ip_adapter(modules, folder / "ip_adapter")
    _save_scheduler(folder / "scheduler", solver_order)
    _save_feature_extractor(folder / "feature_extractor", config.vision.picture)
    _write_json(folder / "model_index.json", _model_index())


def averaged_modules(config: TinyConfig, checkpoint: Path) -> TinyModules:
    """The diffusion networks with the averaged weights of a training's checkpoint."""
    modules = build_modules(config)
    modules.together().load_state_dict(read_checkpoint(checkpoint)["ema"]["shadow"])
    return modules_of(modules.together().eval())


def averaged_autoencoder(config: TinyConfig, checkpoint: Path) -> AutoencoderKL:
    """The autoencoder with the averaged weights of a training's checkpoint."""
    autoencoder = build_autoencoder(config.autoencoder, config.data.picture)
    autoencoder.load_state_dict(read_checkpoint(checkpoint)["ema"]["shadow"])
    evaluated: AutoencoderKL = autoencoder.eval()
    return evaluated


def _save(module: Any, folder: Path) -> None:
    import torch

    half = copy.deepcopy(module).to("cpu", torch.float16)
    half.to(memory_format=torch.contiguous_format)
    half.save_pretrained(folder, safe_serialization=True)
    _forget_origin(folder / "config.json")


def _forget_origin(config: Path) -> None:
    """Take out the path from which a module was loaded; it means nothing elsewhere."""
    settings = json.loads(config.read_text(encoding="utf-8"))
    settings.pop("_name_or_path", None)
    _write_json(config, settings)


def _load_in_single_precision(config: Path) -> None:
    """Make transformers compute in float32 unless told otherwise, as diffusers does.

    It would otherwise keep the stored precision, and the pipeline would mix both.
    """
    settings = json.loads(config.read_text(encoding="utf-8"))
    _write_json(config, {**settings, "dtype": "float32"})


def _save_ip_adapter(modules: TinyModules, folder: Path) -> None:
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        f"{part}.{key}": weight.detach().cpu().half().contiguous()
        for part, state in ip_adapter_state(modules.unet).items()
        for key, weight in state.items()
    }
    save_file(weights, folder / IP_ADAPTER_FILE, metadata={"format": "pt"})


def _save_scheduler(folder: Path, order: int) -> None:
    settings = {
        "_class_name": "DPMSolverMultistepScheduler",
        **scheduler_settings(),
        "algorithm_type": "dpmsolver++",
        "solver_order": order,
        "solver_type": "midpoint",
        "lower_order_final": True,
    }
    _write_json(folder / "scheduler_config.json", settings)


def _save_feature_extractor(folder: Path, side: int) -> None:
    settings = {
        "image_processor_type": "CLIPImageProcessor",
        "do_resize": True,
        "size": {"shortest_edge": side},
        "resample": 3,
        "do_center_crop": True,
        "crop_size": {"height": side, "width": side},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": list(CLIP_MEAN),
        "image_std": list(CLIP_STD),
        "do_convert_rgb": True,
    }
    _write_json(folder / "preprocessor_config.json", settings)


def _model_index() -> dict[str, object]:
    import diffusers

    return {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": diffusers.__version__,
        "vae": ["diffusers", "AutoencoderKL"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "scheduler": ["diffusers", "DPMSolverMultistepScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "image_encoder": ["transformers", "CLIPVisionModelWithProjection"],
        # Named by hand: without torchvision, saving would name a class that others lack.
        "feature_extractor": ["transformers", "CLIPImageProcessor"],
        "safety_checker": [None, None],
        "requires_safety_checker": False,
    }


def _write_json(path: Path, content: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
