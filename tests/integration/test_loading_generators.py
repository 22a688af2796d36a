"""Loading generators: from folders, copies of hub repositories, and with what is missing."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kirakat.errors import ModelError
from kirakat.models.diffusion import known_models
from kirakat.models.diffusion.load import generator_info, load_generator
from kirakat.types import Sampling
from tests.support.generation import make_item, one_thread
from tests.support.random_models import build_lora, build_sd15

pytest.importorskip("diffusers", reason="needs kirakat[diffusion]")

# diffusers' schedulers hand torch tensors to numpy functions, which numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)

FAST = Sampling(steps=1, guidance=1.0)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SD-1.5-class checkpoint; copied by tests that change it."""
    return build_sd15(tmp_path_factory.mktemp("models") / "sd15")


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """A checkpoint to be broken."""
    return shutil.copytree(folder, tmp_path / "copy")


@pytest.fixture
def mirror(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copies of the hub repositories that "sd15" is made of, in half precision files."""
    root, known = tmp_path / "mirror", known_models.known_model("sd15")
    shutil.copytree(folder, root / known.base)
    for weights in (root / known.base).glob("*/*.safetensors"):
        weights.rename(weights.with_suffix(".fp16.safetensors"))
    shutil.rmtree(root / known.base / "ip_adapter")
    (root / known.controlnet).parent.mkdir(parents=True)
    shutil.move(root / known.base / "controlnet", root / known.controlnet)
    adapter = root / known.adapter
    (adapter / known.adapter_weights).parent.mkdir(parents=True)
    shutil.copy(folder / "ip_adapter" / "ip-adapter.safetensors", adapter / known.adapter_weights)
    shutil.copytree(folder / "image_encoder", adapter / known.image_encoder)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return root


def test_a_known_model_loads_from_local_copies(mirror: Path) -> None:
    """A machine without the internet could not use SD 1.5 at all."""
    generator = load_generator("sd15", device="cpu", models=mirror)
    assert generator.generate([make_item(1)], FAST)[0].pixels.std() > 1
    assert generator.info.native_size == 512
    assert "OpenRAIL" in generator.info.licence


def test_recorded_commits_become_the_revision(mirror: Path) -> None:
    """A certificate could not say which weights drew the picture."""
    notes = mirror / "stable-diffusion-v1-5/stable-diffusion-v1-5/.cache/huggingface/download"
    notes.mkdir(parents=True)
    (notes / "model_index.json.metadata").write_text(
        "451f4fe16113bff5a5d2269ed5ad43b0\netag\n1.0\n"
    )
    revision = generator_info("sd15", models=mirror).revision
    assert revision.split("+")[0] == "451f4fe16113"
    assert len(revision.split("+")) == 3


def test_a_missing_copy_names_its_download(mirror: Path) -> None:
    """Somebody without the files would not know what to type."""
    shutil.rmtree(mirror / "h94")
    with pytest.raises(ModelError) as raised:
        load_generator("sd15", device="cpu", models=mirror)
    assert 'hf download h94/IP-Adapter --include "models/ip-adapter_sd15.safetensors"' in str(
        raised.value
    )
    assert f'--local-dir "{mirror}/h94/IP-Adapter"' in str(raised.value)


def test_a_model_that_was_never_downloaded_names_its_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker would start to download gigabytes, or fail with the hub's own riddle."""
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match="hf download stable-diffusion-v1-5/"):
        load_generator("sd15", device="cpu")


def test_an_unknown_name_lists_the_known_ones() -> None:
    """A typing error would look like a broken installation."""
    with pytest.raises(ModelError, match=r"sd51.*tiny, sd15"):
        load_generator("sd51")


def test_the_shipped_model_tells_when_its_package_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first run of somebody without the assets would end in an import error."""
    monkeypatch.setitem(sys.modules, "kirakat_assets", None)
    with pytest.raises(ModelError, match="pip install kirakat-assets"):
        load_generator("tiny")


def test_info_needs_no_weights_in_memory(folder: Path) -> None:
    """Keys and plans would need the whole model, on machines that never generate."""
    info = generator_info(str(folder))
    assert (info.name, info.native_size) == ("sd15", 64)
    assert info == load_generator(str(folder), device="cpu").info


def test_the_cards_licence_is_reported(copy: Path) -> None:
    """A certificate would not know under which licence a picture may be used."""
    (copy / "README.md").write_text("---\nlicense: openrail++\n---\n# Ours\n")
    assert generator_info(str(copy)).licence == "openrail++"


def test_a_changed_weight_changes_the_revision(folder: Path, copy: Path) -> None:
    """Caches would answer with another model's pictures."""
    weights = copy / "unet" / "diffusion_pytorch_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert generator_info(str(copy)).revision != generator_info(str(folder)).revision


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("controlnet", "controlnet/"),
        ("image_encoder", "image_encoder/"),
        ("unet/diffusion_pytorch_model.safetensors", "every file"),
        ("unet/config.json", "incomplete"),
        ("model_index.json", "model_index.json"),
        ("ip_adapter/ip-adapter.safetensors", "weights files"),
    ],
)
def test_an_incomplete_folder_says_what_is_missing(copy: Path, missing: str, message: str) -> None:
    """The libraries' own errors do not say which part of a checkpoint is not there."""
    path = copy / missing
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    with pytest.raises(ModelError, match=message):
        load_generator(str(copy), device="cpu")


def test_a_lora_of_another_model_is_refused(folder: Path, tmp_path: Path) -> None:
    """Weights that fit nowhere would be dropped without a word."""
    other = build_sd15(tmp_path / "other", latent_channels=4)
    lora = build_lora(tmp_path / "style.safetensors", other)
    _rename_layers(lora)
    with pytest.raises(ModelError, match="no LoRA for this model"):
        load_generator(str(folder), device="cpu", lora=[str(lora)])


def _rename_layers(path: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(path)
    save_file({name.replace("attn1", "attn9"): value for name, value in weights.items()}, path)


def test_a_lora_from_the_hub_names_its_download(folder: Path, tmp_path: Path) -> None:
    """A recipe with a LoRA would fail without saying where it comes from."""
    with pytest.raises(ModelError, match="hf download latent-consistency/lcm-lora-sdv1-5"):
        load_generator(
            str(folder),
            models=tmp_path,
            lora=["latent-consistency/lcm-lora-sdv1-5/pytorch_lora_weights.safetensors"],
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "cuda:99"}, "CUDA"),
        ({"device": "toaster"}, "no such device"),
        ({"dtype": "float8"}, "no such precision"),
        ({"scheduler": "magic"}, "no such scheduler"),
    ],
)
def test_impossible_options_are_refused(
    folder: Path, options: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped setting would surface as an error deep inside a library."""
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match=message):
        load_generator(str(folder), **{"device": "cpu", **options})  # type: ignore[arg-type]  # options are strings
