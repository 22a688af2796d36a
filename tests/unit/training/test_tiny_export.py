"""kirakat-tiny on disk: diffusers loads it unchanged, whatever made the weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kirakat.training.tiny.config import load_tiny_config
from kirakat.training.tiny.smallest import smallest_config

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")

from PIL import Image  # noqa: E402

from kirakat.training.tiny.build import build_autoencoder, build_modules  # noqa: E402
from kirakat.training.tiny.evaluate import load_scene_pipeline, reconstruct  # noqa: E402
from kirakat.training.tiny.export import IP_ADAPTER_FILE, export_model  # noqa: E402
from kirakat.training.tiny.latents import standardise_latents  # noqa: E402
from kirakat.training.tiny.objective import signal_levels  # noqa: E402
from kirakat.training.tiny.tokenizer import (  # noqa: E402
    save_tokenizer,
    tokenise,
    train_tokenizer,
)

CONFIG = smallest_config()
SHIPPED = (
    Path(__file__).parents[3] / "assets" / "src" / "kirakat_assets" / "models" / "kirakat-tiny"
)
# diffusers' DPM-Solver scheduler converts tensors in a way that NumPy 2 will change.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Networks this small run fastest so, the more when the machine is busy."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported model with random weights."""
    torch.manual_seed(0)
    target = tmp_path_factory.mktemp("kirakat-tiny")
    text = CONFIG.text
    export_model(
        target,
        CONFIG,
        modules=build_modules(CONFIG),
        autoencoder=build_autoencoder(CONFIG.autoencoder, CONFIG.data.picture),
        tokenizer=train_tokenizer(["a red box on a table"], text.vocabulary, text.tokens),
    )
    return target


def _picture(side: int) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 255, (side, side, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_image_to_image_pipeline_runs(folder: Path) -> None:
    """Generation from a scene would fail on the exported model."""
    picture = _picture(64)
    result = load_scene_pipeline(folder)(
        "a red box",
        image=picture,
        control_image=picture,
        ip_adapter_image=picture,
        strength=0.5,
        num_inference_steps=4,
        guidance_scale=2.0,
        output_type="np",
    )
    assert result.images.shape == (1, 64, 64, 3)
    assert np.isfinite(result.images).all()


def test_text_to_image_pipeline_runs(folder: Path) -> None:
    """Generation from noise would fail on the exported model."""
    controlnet = diffusers.ControlNetModel.from_pretrained(folder / "controlnet")
    pipeline = diffusers.StableDiffusionControlNetPipeline.from_pretrained(
        folder, controlnet=controlnet
    )
    pipeline.load_ip_adapter(folder, subfolder="ip_adapter", weight_name=IP_ADAPTER_FILE)
    picture = _picture(64)
    result = pipeline(
        "a red box",
        image=picture,
        ip_adapter_image=picture,
        num_inference_steps=2,
        guidance_scale=2.0,
        output_type="np",
    )
    assert result.images.shape == (1, 64, 64, 3)
    assert np.isfinite(result.images).all()


def test_ip_adapter_changes_the_picture(folder: Path) -> None:
    """The product's picture would be ignored because its weights were not exported."""
    pipeline = load_scene_pipeline(folder)
    picture = _picture(64)
    embeddings = [torch.zeros(2, 1, 16), torch.full((2, 1, 16), 3.0)]
    made = [
        pipeline(
            "a red box",
            image=picture,
            control_image=picture,
            ip_adapter_image_embeds=[embedding],
            strength=1.0,
            num_inference_steps=1,
            guidance_scale=2.0,
            output_type="np",
            generator=torch.Generator().manual_seed(0),
        ).images
        for embedding in embeddings
    ]
    assert not np.array_equal(made[0], made[1])


def test_scheduler_predicts_velocity_down_to_pure_noise(folder: Path) -> None:
    """Sampling would use another schedule than training, and pictures would come out grey."""
    scheduler = diffusers.DDIMScheduler.from_pretrained(folder, subfolder="scheduler")
    assert scheduler.config.prediction_type == "v_prediction"
    assert scheduler.config.rescale_betas_zero_snr
    assert torch.allclose(scheduler.alphas_cumprod, signal_levels(), atol=1e-5)


def test_standardised_autoencoder_keeps_its_pictures() -> None:
    """Folding the latents' scale into the autoencoder would change every picture."""
    torch.manual_seed(0)
    autoencoder = build_autoencoder(CONFIG.autoencoder, CONFIG.data.picture).eval()
    picture = np.asarray(_picture(64))
    before = reconstruct(autoencoder, picture).astype(int)
    standardise_latents(autoencoder, 3 * torch.randn(2, 4, 16, 16) + 1)
    after = reconstruct(autoencoder, picture).astype(int)
    assert np.abs(after - before).max() <= 1


@pytest.mark.parametrize("text", ["a red box on a table", "Größe 42, ünïcode & 日本"])
def test_tokenizer_round_trip(text: str, tmp_path: Path) -> None:
    """Prompts would reach the text encoder with letters missing."""
    from transformers import CLIPTokenizer

    save_tokenizer(train_tokenizer(["a red box on a table"] * 3, 600, 77), tmp_path)
    tokenizer = CLIPTokenizer.from_pretrained(tmp_path)
    ids = tokenise(tokenizer, [text])[0]
    decoded = tokenizer.decode(ids, skip_special_tokens=True)
    assert ids.shape == (77,)
    assert "".join(decoded.split()) == "".join(text.lower().split())


@pytest.mark.skipif(
    not (SHIPPED / "unet" / "diffusion_pytorch_model.safetensors").is_file(),
    reason="the weights of kirakat-tiny are not in this checkout",
)
def test_shipped_weights_load_and_are_small() -> None:
    """The installed model would not load, or the repository would grow without bound."""
    config = load_tiny_config(SHIPPED / "tiny.toml")
    pipeline = load_scene_pipeline(SHIPPED)
    size = sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file())
    assert pipeline.vae_scale_factor == config.autoencoder.downsampling
    assert size <= 60_000_000
