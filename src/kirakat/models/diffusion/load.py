"""Make a generator ready: find its files, build its pipelines, put them on a device."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kirakat.errors import ModelError
from kirakat.models.diffusion.autoencoder import Autoencoder
from kirakat.models.diffusion.build_pipeline import build_pipeline, is_xl
from kirakat.models.diffusion.clip_input import clip_input
from kirakat.models.diffusion.device import memory_errors
from kirakat.models.diffusion.embedding_cache import EmbeddingCache
from kirakat.models.diffusion.generator import DiffusionGenerator
from kirakat.models.diffusion.image_embeddings import ImageEmbeddings
from kirakat.models.diffusion.locate import ModelFiles, locate
from kirakat.models.diffusion.read_parts import read_part
from kirakat.models.diffusion.runtime import Runtime, make_runtime
from kirakat.models.diffusion.text_embeddings import TextEmbeddings
from kirakat.types import ModelInfo

if TYPE_CHECKING:
    from kirakat.models.diffusion.fast.generator import FastGenerator
    from kirakat.models.diffusion.fast.options import FastOptions


def generator_info(
    name: str, *, models: str | Path = "", lora: Sequence[str] = (), tiny_decoder: str = ""
) -> ModelInfo:
    """What a generator's certificate will say, without loading it.

    Raises `ModelError` as `load_generator` does when its files are missing.
    """
    return locate(name, models=models, lora=lora, tiny_decoder=tiny_decoder).info


def load_generator(
    name: str,
    *,
    device: str = "auto",
    dtype: str = "auto",
    models: str | Path = "",
    lora: Sequence[str] = (),
    scheduler: str = "",
    cache: EmbeddingCache | None = None,
    channels_last: bool = False,
) -> DiffusionGenerator:
    """A generator by name ("tiny", "sd15", "sdxl", ...) or from a checkpoint's folder.

    `models` is a folder with local copies of hub repositories, empty for the hub's cache;
    `lora` are files, or owner/name/path on the hub, fused in this order; `scheduler` is a name
    of `schedulers.py`, empty for the model's own. Nothing is downloaded: a model that is not on
    this machine raises `ModelError` with the command that gets it, and so do unknown names,
    incomplete folders and devices that are not there.
    """
    files = _with_edges(locate(name, models=models, lora=lora))
    runtime = make_runtime(device, dtype, channels_last=channels_last)
    with memory_errors():
        from_noise = _text_to_image(files, runtime, scheduler)
    shared = cache or EmbeddingCache()
    known_as = runtime.fingerprint(files.info)
    return DiffusionGenerator(
        info=files.info,
        from_noise=from_noise,
        from_picture=_image_to_image(from_noise),
        text=TextEmbeddings(from_noise, cache=shared, fingerprint=known_as),
        images=_image_embeddings(files, from_noise, shared, known_as),
        autoencoder=Autoencoder(from_noise.vae, cache=shared, fingerprint=known_as),
    )


def load_fast_generator(
    name: str,
    *,
    device: str = "auto",
    dtype: str = "auto",
    models: str | Path = "",
    lora: Sequence[str] = (),
    scheduler: str = "",
    cache: EmbeddingCache | None = None,
    tiny_decoder: str = "",
    options: FastOptions | None = None,
) -> FastGenerator:
    """As `load_generator`, drawing with the fast path: bfloat16 where `dtype` is auto on CUDA.

    `tiny_decoder` is the folder or hub repository of an `AutoencoderTiny` for the model's
    latents (madebyollin/taesd, madebyollin/taesdxl), empty for the model's own decoder; it
    becomes part of the revision. `options` default to what pays on the device.
    """
    files = _with_edges(locate(name, models=models, lora=lora, tiny_decoder=tiny_decoder))
    runtime = make_runtime(device, dtype)
    if dtype == "auto" and runtime.device.type == "cuda":
        runtime = make_runtime(device, "bfloat16")
    from kirakat.models.diffusion.fast.generator import FastGenerator
    from kirakat.models.diffusion.fast.options import options_for

    with memory_errors():
        pipeline = _text_to_image(files, runtime, scheduler)
        shared = cache or EmbeddingCache()
        known_as = runtime.fingerprint(files.info)
        return FastGenerator(
            info=files.info,
            pipeline=pipeline,
            text=TextEmbeddings(pipeline, cache=shared, fingerprint=known_as),
            images=_image_embeddings(files, pipeline, shared, known_as),
            autoencoder=Autoencoder(pipeline.vae, cache=shared, fingerprint=known_as),
            options=options or options_for(runtime.device),
            decoder=_tiny_decoder(files, runtime),
        )


def _with_edges(files: ModelFiles) -> ModelFiles:
    if files.controlnet is None:
        raise ModelError(f"{files.base}: no controlnet/ there, so edges cannot be followed")
    return files


def _tiny_decoder(files: ModelFiles, runtime: Runtime) -> Any:
    if files.tiny_decoder is None:
        return None
    from diffusers import AutoencoderTiny

    decoder = read_part(AutoencoderTiny, files.tiny_decoder, runtime.dtype)
    return decoder.to(runtime.device).eval()


def _image_embeddings(
    files: ModelFiles, pipeline: Any, cache: EmbeddingCache, fingerprint: str
) -> ImageEmbeddings | None:
    if files.adapter is None:
        return None
    preprocess = clip_input(files.base, pipeline.image_encoder.config.image_size)
    return ImageEmbeddings(pipeline, preprocess, cache=cache, fingerprint=fingerprint)


def _text_to_image(files: ModelFiles, runtime: Runtime, scheduler: str) -> Any:
    from transformers import CLIPVisionModelWithProjection

    from kirakat.models.diffusion import pipelines

    controlnet = read_part(pipelines.ReleasableControlNet, files.controlnet, runtime.dtype)
    parts = {"controlnet": controlnet}
    if files.adapter is not None:
        parts["image_encoder"] = read_part(
            CLIPVisionModelWithProjection, files.image_encoder, runtime.dtype
        )
    chosen = pipelines.TextToImageXL if is_xl(files.base) else pipelines.TextToImage
    return build_pipeline(chosen, files, runtime, scheduler, **parts)


def _image_to_image(from_noise: Any) -> Any:
    """The image-to-image pipeline over the same parts."""
    from diffusers.image_processor import VaeImageProcessor

    from kirakat.models.diffusion import pipelines

    build: Any = pipelines.ImageToImage
    options = {"requires_safety_checker": False}
    if hasattr(from_noise, "text_encoder_2"):
        build, options = pipelines.ImageToImageXL, {"add_watermarker": False}
    pipeline = build(**from_noise.components, **options)
    # Tells latents from pictures by their channels.
    pipeline.image_processor = VaeImageProcessor(
        vae_scale_factor=from_noise.vae_scale_factor,
        vae_latent_channels=from_noise.vae.config.latent_channels,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
