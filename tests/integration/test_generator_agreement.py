"""The generators against the plain diffusers pipelines that they are made of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kirakat.errors import ModelError
from kirakat.models.diffusion.inpaint import load_inpainter
from kirakat.models.diffusion.load import load_generator
from kirakat.models.protocols import GenerationItem
from kirakat.types import RGB, Sampling
from tests.support.generation import HEIGHT, WIDTH, difference, make_item, one_thread
from tests.support.random_models import VISION_SIZE, build_sd15, build_sdxl

pytest.importorskip("diffusers", reason="needs kirakat[diffusion]")

STEPS = 3
SAMPLING = Sampling(steps=STEPS, guidance=3.0, control_scale=0.7, control_end=1.0, image_scale=0.5)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def sd15(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SD-1.5-class checkpoint."""
    return build_sd15(tmp_path_factory.mktemp("models") / "sd15")


@pytest.fixture(scope="module")
def sdxl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SDXL-class checkpoint."""
    return build_sdxl(tmp_path_factory.mktemp("models") / "sdxl")


@pytest.mark.parametrize("checkpoint", ["sd15", "sdxl"])
def test_text_to_image_equals_plain_diffusers(
    checkpoint: str, request: pytest.FixtureRequest
) -> None:
    """Caching, batching and the shortcuts would change what the model draws."""
    folder = request.getfixturevalue(checkpoint)
    # An even number has no negative text: for SDXL that must mean zeros, as in diffusers.
    item = make_item(2)
    drawn = load_generator(str(folder), device="cpu").generate([item], SAMPLING)[0]
    assert difference(drawn.pixels, _draw_plainly(folder, item, xl=checkpoint == "sdxl")) <= 1


def _draw_plainly(folder: Path, item: GenerationItem, *, xl: bool) -> RGB:
    import diffusers
    import torch
    import transformers
    from PIL import Image

    library: Any = diffusers
    vision: Any = transformers.CLIPVisionModelWithProjection
    base = library.StableDiffusionXLControlNetPipeline
    options: dict[str, Any] = {"add_watermarker": False}
    if not xl:
        base, options = library.StableDiffusionControlNetPipeline, {"safety_checker": None}
    pipeline = base.from_pretrained(
        folder,
        controlnet=library.ControlNetModel.from_pretrained(folder / "controlnet"),
        image_encoder=vision.from_pretrained(folder / "image_encoder"),
        feature_extractor=transformers.CLIPImageProcessor(size=VISION_SIZE, crop_size=VISION_SIZE),
        **options,
    )
    pipeline.load_ip_adapter(
        str(folder), "ip_adapter", "ip-adapter.safetensors", image_encoder_folder=None
    )
    pipeline.set_ip_adapter_scale(SAMPLING.image_scale)
    assert item.conditioning is not None
    picture: RGB = pipeline(
        item.prompt,
        negative_prompt=item.negative or None,
        image=Image.fromarray(item.control),
        width=WIDTH,
        height=HEIGHT,
        num_inference_steps=STEPS,
        guidance_scale=SAMPLING.guidance,
        controlnet_conditioning_scale=SAMPLING.control_scale,
        ip_adapter_image=Image.fromarray(item.conditioning),
        generator=torch.Generator("cpu").manual_seed(item.seed),
        output_type="np",
    ).images[0]
    return np.round(picture * 255.0).astype(np.uint8)


def _paintable() -> Any:
    mask = np.ones((HEIGHT, WIDTH), np.float32)
    mask[8:24, 12:32] = 0.0
    return mask


def test_blended_inpainting_equals_plain_diffusers(sd15: Path) -> None:
    """The baseline that pictures are compared with would be another one than the paper's."""
    import diffusers
    import torch
    from PIL import Image

    item = make_item(1, start=True, paintable=_paintable())
    drawn = load_inpainter(str(sd15), device="cpu").generate([item], SAMPLING)[0]
    library: Any = diffusers
    pipeline = library.StableDiffusionInpaintPipeline.from_pretrained(sd15, safety_checker=None)
    # diffusers draws the start's latents from the posterior; ours are its mode.
    pipeline.vae.encode = _mode_only(pipeline.vae.encode)
    assert item.init is not None
    picture = pipeline(
        item.prompt,
        negative_prompt=item.negative,
        image=Image.fromarray(item.init),
        mask_image=Image.fromarray((_paintable() * 255).astype(np.uint8)),
        width=WIDTH,
        height=HEIGHT,
        strength=1.0,
        num_inference_steps=STEPS,
        guidance_scale=SAMPLING.guidance,
        latents=torch.randn(
            (1, 4, HEIGHT // 4, WIDTH // 4), generator=torch.Generator("cpu").manual_seed(item.seed)
        ),
        output_type="np",
    ).images[0]
    assert difference(drawn.pixels, np.round(picture * 255.0).astype(np.uint8)) <= 1


def _mode_only(encode: Any) -> Any:
    def encoded(pixels: Any) -> Any:
        result = encode(pixels)
        mode = result.latent_dist.mode()
        result.latent_dist.sample = lambda generator=None: mode  # noqa: ARG005  its signature
        return result

    return encoded


@pytest.mark.parametrize("kind", ["4 channels", "9 channels", "16 latents", "sdxl"])
def test_inpainting_does_not_depend_on_its_batch(kind: str, tmp_path: Path) -> None:
    """Every kind of UNet must run as a baseline, each picture for itself."""
    if kind == "sdxl":
        folder = build_sdxl(tmp_path / "model")
    else:
        folder = build_sd15(
            tmp_path / "model",
            unet_channels=9 if kind == "9 channels" else None,
            latent_channels=16 if kind == "16 latents" else 4,
            controlnet=False,
        )
    generator = load_inpainter(str(folder), device="cpu")
    items = [make_item(number, start=True, paintable=_paintable()) for number in range(2)]
    together = generator.generate(items, SAMPLING)
    alone = generator.generate(items[1:], SAMPLING)
    assert difference(together[1].pixels, alone[0].pixels) <= 1
    assert difference(together[0].pixels, together[1].pixels) > 1


def test_the_known_part_comes_back_as_the_autoencoder_has_it(sd15: Path) -> None:
    """The baseline would repaint the product itself."""
    item = make_item(1, start=True, paintable=np.zeros((HEIGHT, WIDTH), np.float32))
    drawn = load_inpainter(str(sd15), device="cpu").generate([item], SAMPLING)[0]
    assert drawn.reconstruction is not None
    assert difference(drawn.pixels, drawn.reconstruction) <= 1


def test_inpainting_without_a_mask_is_refused(sd15: Path) -> None:
    """The baseline would paint over everything, or crash in the middle of a run."""
    with pytest.raises(ModelError, match="paintable"):
        load_inpainter(str(sd15), device="cpu").generate([make_item(1, start=True)], SAMPLING)
