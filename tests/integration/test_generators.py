"""The diffusion generators, on true classes with random weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kirakat.errors import ModelError
from kirakat.models.diffusion.embedding_cache import EmbeddingCache
from kirakat.models.diffusion.generator import DiffusionGenerator
from kirakat.models.diffusion.load import load_generator
from kirakat.store.stage_cache import folder_cache
from kirakat.types import Sampling
from tests.support.generation import difference, make_item, one_thread
from tests.support.random_models import build_lora, build_sd15, build_sdxl

pytest.importorskip("diffusers", reason="needs kirakat[diffusion]")

# diffusers' schedulers hand torch tensors to numpy functions, which numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)

FAST = Sampling(steps=2, guidance=3.0, strength=0.5, control_end=1.0)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A checkpoint of each class."""
    root = tmp_path_factory.mktemp("models")
    return {
        "sd15": build_sd15(root / "sd15"),
        "sdxl": build_sdxl(root / "sdxl"),
        "wide": build_sd15(root / "wide", latent_channels=16),
    }


@pytest.fixture(scope="module")
def generators(folders: dict[str, Path]) -> dict[str, DiffusionGenerator]:
    """A generator of each class, loaded once."""
    return {name: load_generator(str(path), device="cpu") for name, path in folders.items()}


@pytest.fixture(scope="module")
def sd15(generators: dict[str, DiffusionGenerator]) -> DiffusionGenerator:
    """The SD-1.5-class generator."""
    return generators["sd15"]


@pytest.mark.parametrize("start", [False, True], ids=["noise", "picture"])
@pytest.mark.parametrize("guidance", [1.0, 3.0], ids=["unguided", "guided"])
@pytest.mark.parametrize("name", ["sd15", "sdxl", "wide"])
def test_a_picture_does_not_depend_on_its_batch(
    generators: dict[str, DiffusionGenerator], name: str, guidance: float, start: bool
) -> None:
    """A product's background would change with, or show, the other products of its batch."""
    sampling = replace(FAST, guidance=guidance)
    items = [make_item(number, start=start) for number in range(3)]
    together = generators[name].generate(items, sampling)
    alone = [generators[name].generate([item], sampling)[0] for item in items]
    assert all(
        difference(one.pixels, other.pixels) <= 1
        for one, other in zip(together, alone, strict=True)
    )
    assert difference(together[0].pixels, together[1].pixels) > 50


def test_the_other_products_of_a_batch_leave_no_trace(sd15: DiffusionGenerator) -> None:
    """diffusers mixes the image features of a batch: one shop's product in another's picture."""
    first, second = make_item(0), make_item(1)
    other = replace(second, conditioning=make_item(5).conditioning)
    with_second = sd15.generate([first, second], FAST)
    with_other = sd15.generate([first, other], FAST)
    assert difference(with_second[0].pixels, with_other[0].pixels) == 0
    assert difference(with_second[1].pixels, with_other[1].pixels) > 1


@pytest.mark.parametrize("name", ["sd15", "sdxl"])
@pytest.mark.parametrize(
    "changes",
    [
        {"guidance": 1.0},
        {"image_scale": 0.0},
        {"control_scale": 0.0},
        {"control_end": 0.5},
        {"strength": 0.9},
        {"steps": 3},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_part_of_the_sampling_counts(
    generators: dict[str, DiffusionGenerator], name: str, changes: dict[str, Any]
) -> None:
    """A recipe's knob would turn without any effect on the pictures."""
    item = make_item(1, start=True)
    usual = generators[name].generate([item], FAST)[0]
    changed = generators[name].generate([item], replace(FAST, **changes))[0]
    assert difference(usual.pixels, changed.pixels) > 1


@pytest.mark.parametrize("name", ["sd15", "sdxl"])
@pytest.mark.parametrize("part", ["prompt", "negative", "control", "conditioning", "init", "seed"])
def test_every_input_counts(
    generators: dict[str, DiffusionGenerator], name: str, part: str
) -> None:
    """A prompt, product or seed would be ignored, and all pictures would look alike."""
    item, other = make_item(1, start=True), make_item(2, start=True)
    usual = generators[name].generate([item], FAST)[0]
    changed = replace(item, **{part: getattr(other, part)})
    assert difference(usual.pixels, generators[name].generate([changed], FAST)[0].pixels) > 1


def test_no_product_reads_as_no_picture_whatever_the_batch(sd15: DiffusionGenerator) -> None:
    """An item without a conditioning picture would borrow its neighbour's."""
    bare = replace(make_item(0), conditioning=None)
    alone = sd15.generate([bare], FAST)[0]
    batched = sd15.generate([make_item(1), bare], FAST)[1]
    assert difference(alone.pixels, batched.pixels) <= 1


@pytest.mark.parametrize("scheduler", ["ddim", "dpm++", "unipc", "euler", "lcm", "tcd"])
@pytest.mark.parametrize("start", [False, True], ids=["noise", "picture"])
def test_every_scheduler_draws_the_same_in_any_batch(
    folders: dict[str, Path], scheduler: str, start: bool
) -> None:
    """A sampler by name would fail, or draw its own noise for the batch as a whole."""
    generator = load_generator(str(folders["sd15"]), device="cpu", scheduler=scheduler)
    items = [make_item(number, start=start) for number in range(2)]
    sampling = replace(FAST, steps=3)
    together = generator.generate(items, sampling)
    alone = generator.generate(items[1:], sampling)
    assert together[1].pixels.std() > 1
    assert difference(together[1].pixels, alone[0].pixels) <= 1


@pytest.mark.parametrize(
    ("prediction", "scheduler"),
    [
        ("v_prediction", "ddim"),
        ("v_prediction", "euler"),
        ("v_prediction", "dpm++"),
        ("v_prediction", "lcm"),
        ("flow_prediction", "dpm++"),
        ("flow_prediction", "unipc"),
    ],
)
def test_the_checkpoints_prediction_type_is_kept(
    tmp_path: Path, prediction: str, scheduler: str
) -> None:
    """A checkpoint trained on v or on flow would be sampled as if it predicted the noise."""
    folder = build_sd15(tmp_path / "model", scheduler={"prediction_type": prediction})
    options = {"use_flow_sigmas": True} if prediction == "flow_prediction" else {}
    _use_scheduler(folder, scheduler, options)
    drawn = load_generator(str(folder), device="cpu").generate([make_item(1, start=True)], FAST)[0]
    plain = build_sd15(tmp_path / "plain")
    _use_scheduler(plain, scheduler, {})
    usual = load_generator(str(plain), device="cpu").generate([make_item(1, start=True)], FAST)[0]
    assert difference(drawn.pixels, usual.pixels) > 1


def _use_scheduler(folder: Path, name: str, options: dict[str, Any]) -> None:
    """Save the checkpoint with another scheduler of its own."""
    from diffusers import DDIMScheduler

    from kirakat.models.diffusion.schedulers import make_scheduler

    read: Any = DDIMScheduler
    trained = read.from_pretrained(folder / "scheduler").config
    make_scheduler(name, trained, options).save_pretrained(folder / "scheduler")
    index = folder / "model_index.json"
    saved = make_scheduler(name, trained, options).__class__.__name__
    index.write_text(index.read_text().replace("DDIMScheduler", saved))


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("strength", [0.1, 0.45, 1.0])
def test_the_steps_asked_for_are_run(
    sd15: DiffusionGenerator, steps: int, strength: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A low strength would leave few steps or none, and the cost of a picture be a guess."""
    calls = _count(monkeypatch, _pipeline(sd15).unet)
    sampling = replace(FAST, steps=steps, strength=strength)
    sd15.generate([make_item(1, start=True)], sampling)
    assert len(calls) == steps


@pytest.mark.parametrize(
    ("control_end", "steps", "expected"), [(1.0, 4, 4), (0.5, 4, 2), (0.2, 2, 1)]
)
def test_a_released_controlnet_is_not_run(
    sd15: DiffusionGenerator,
    control_end: float,
    steps: int,
    expected: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Releasing the edges early would save no time; with few steps they would never be seen."""
    calls = _count(monkeypatch, _pipeline(sd15).controlnet.controlnet_cond_embedding)
    sd15.generate([make_item(1)], replace(FAST, steps=steps, control_end=control_end))
    assert len(calls) == expected


def test_skipping_equals_a_controlnet_at_scale_zero(
    sd15: DiffusionGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shortcut after the ControlNet's release would change pictures."""
    from diffusers import ControlNetModel

    item, sampling = make_item(1), replace(FAST, steps=4, control_end=0.5)
    skipped = sd15.generate([item], sampling)[0]
    network: Any = ControlNetModel
    monkeypatch.setattr(type(_pipeline(sd15).controlnet), "forward", network.forward)
    assert difference(sd15.generate([item], sampling)[0].pixels, skipped.pixels) == 0


@pytest.mark.parametrize("name", ["sd15", "sdxl", "wide"])
def test_reconstruction_is_the_start_through_the_autoencoder(
    generators: dict[str, DiffusionGenerator], name: str
) -> None:
    """What the model changed could not be told from what its autoencoder lost."""
    import torch

    item = make_item(1, start=True)
    assert item.init is not None
    drawn = generators[name].generate([item], FAST)[0]
    vae = _pipeline(generators[name]).vae
    with torch.inference_mode():
        unit = torch.from_numpy(item.init / 127.5 - 1.0).permute(2, 0, 1)[None].float()
        decoded = vae.decode(vae.encode(unit).latent_dist.mean).sample[0]
    expected = ((decoded / 2 + 0.5).clamp(0, 1) * 255).round().permute(1, 2, 0).numpy()
    assert drawn.reconstruction is not None
    assert difference(drawn.reconstruction, expected.astype(np.uint8)) <= 1


@pytest.mark.parametrize(
    ("item", "sampling"),
    [(make_item(1), FAST), (make_item(1, start=True), replace(FAST, strength=1.0))],
    ids=["no start", "strength 1"],
)
def test_from_noise_there_is_no_reconstruction(
    sd15: DiffusionGenerator, item: Any, sampling: Sampling
) -> None:
    """A scene that the model never saw would be mixed into its picture."""
    assert sd15.generate([item], sampling)[0].reconstruction is None


def test_strength_one_ignores_the_starting_picture(sd15: DiffusionGenerator) -> None:
    """Full strength would still let the scene's colours through."""
    sampling = replace(FAST, strength=1.0)
    started = sd15.generate([make_item(1, start=True)], sampling)[0]
    bare = sd15.generate([make_item(1)], sampling)[0]
    assert difference(started.pixels, bare.pixels) == 0


@pytest.mark.parametrize("name", ["sd15", "sdxl"])
def test_repeated_prompts_and_products_are_encoded_once(
    folders: dict[str, Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every picture would pay again for encoding the same prompt and product."""
    generator = load_generator(str(folders[name]), device="cpu")
    pipeline = _pipeline(generator)
    texts = _count(monkeypatch, pipeline.text_encoder)
    images = _count(monkeypatch, pipeline.image_encoder)
    item = make_item(1, start=True)
    first = generator.generate([item], FAST)[0]
    counts = (len(texts), len(images))
    second = generator.generate([item], FAST)[0]
    assert counts == (2, 1)
    assert (len(texts), len(images)) == counts
    assert difference(first.pixels, second.pixels) == 0


def test_saved_embeddings_are_the_same_bits(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second run would draw other pictures than the first, or encode everything again."""
    pictures = []
    for run in range(2):
        cache = EmbeddingCache(backing=folder_cache(tmp_path / "cache"))
        generator = load_generator(str(folders["sd15"]), device="cpu", cache=cache)
        texts = _count(monkeypatch, _pipeline(generator).text_encoder)
        pictures.append(generator.generate([make_item(1)], FAST)[0].pixels)
        assert len(texts) == (0 if run else 2)
    assert difference(*pictures) == 0


def test_a_shared_cache_keeps_models_apart(folders: dict[str, Path]) -> None:
    """One model would be fed another's embeddings."""
    cache = EmbeddingCache()
    item = make_item(1, start=True)
    for name in ("sd15", "wide"):
        own = load_generator(str(folders[name]), device="cpu").generate([item], FAST)[0]
        shared = load_generator(str(folders[name]), device="cpu", cache=cache)
        assert difference(shared.generate([item], FAST)[0].pixels, own.pixels) == 0


@pytest.mark.parametrize("name", ["sd15", "sdxl"])
def test_lora_changes_pictures_and_revision(
    generators: dict[str, DiffusionGenerator],
    folders: dict[str, Path],
    name: str,
    tmp_path: Path,
) -> None:
    """A LoRA would be ignored, or be missing from the certificate."""
    lora = build_lora(tmp_path / "style.safetensors", folders[name])
    styled = load_generator(str(folders[name]), device="cpu", lora=[str(lora)])
    plain = generators[name]
    item = make_item(1)
    drawn = styled.generate([item], FAST)[0]
    assert difference(drawn.pixels, plain.generate([item], FAST)[0].pixels) > 1
    assert styled.info.revision.startswith(f"{plain.info.revision}+lora:")


def test_channels_last_draws_the_same(sd15: DiffusionGenerator, folders: dict[str, Path]) -> None:
    """The faster memory layout would change pictures."""
    fast = load_generator(str(folders["sd15"]), device="cpu", channels_last=True)
    item = make_item(1, start=True)
    usual = sd15.generate([item], FAST)[0]
    assert difference(usual.pixels, fast.generate([item], FAST)[0].pixels) <= 1


def test_half_precision_runs_with_a_float32_autoencoder(folders: dict[str, Path]) -> None:
    """On a GPU the autoencoder would overflow to black pictures."""
    import torch

    generator = load_generator(str(folders["sdxl"]), device="cpu", dtype="bfloat16")
    drawn = generator.generate([make_item(1, start=True)], FAST)[0]
    assert _pipeline(generator).unet.dtype == torch.bfloat16
    assert _pipeline(generator).vae.dtype == torch.float32
    assert drawn.pixels.std() > 1


def test_without_an_adapter_the_product_cannot_be_shown(tmp_path: Path) -> None:
    """The product would silently be left out of the conditioning."""
    folder = build_sd15(tmp_path / "model", adapter=False)
    generator = load_generator(str(folder), device="cpu")
    with pytest.raises(ModelError, match="image_scale"):
        generator.generate([make_item(1)], FAST)
    assert generator.generate([make_item(1)], replace(FAST, image_scale=0.0))


def test_running_out_of_memory_is_told_apart(
    sd15: DiffusionGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch too large for the device would end the run instead of being halved."""
    import torch

    def fail(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(_pipeline(sd15).unet, "forward", fail)
    with pytest.raises(ModelError, match="batch_size") as raised:
        sd15.generate([make_item(1)], FAST)
    assert raised.value.data["out_of_memory"] is True


def _pipeline(generator: DiffusionGenerator) -> Any:
    return generator._from_noise


def _count(monkeypatch: pytest.MonkeyPatch, module: Any) -> list[int]:
    """Grows by one at every call of a torch module."""
    calls: list[int] = []
    forward = module.forward

    def counted(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        return forward(*args, **kwargs)

    monkeypatch.setattr(module, "forward", counted)
    return calls
