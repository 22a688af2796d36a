"""From a generator's name to its files on disk, and to what a certificate says of it.

Nothing is ever downloaded from here: a missing model is an error that names the command.
torch is not imported, so that plans and keys can be made where no model runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kirakat.errors import ModelError
from kirakat.hashing import sha256_bytes
from kirakat.models.diffusion.fingerprint import folder_revision
from kirakat.models.diffusion.hub import hub_file, hub_folder
from kirakat.models.diffusion.known_models import KnownModel, known_model, known_models
from kirakat.types import ModelInfo

_WEIGHTS = (".safetensors", ".bin")


@dataclass(frozen=True, kw_only=True)
class ModelFiles:
    """The parts of a generator on this machine."""

    info: ModelInfo
    # Folder with model_index.json, unet/, vae/, text_encoder/, tokenizer/ and scheduler/.
    base: Path
    controlnet: Path | None
    # The IP-Adapter's weights file, and the folder of the CLIP vision model it belongs to.
    adapter: Path | None
    image_encoder: Path | None
    lora: tuple[Path, ...] = ()
    # Folder of an AutoencoderTiny that decodes instead of the base's own.
    tiny_decoder: Path | None = None
    # A name of `schedulers.py`; empty keeps the checkpoint's own.
    scheduler: str = ""
    scheduler_options: dict[str, Any] = field(default_factory=dict)


def locate(
    name: str, *, models: str | Path = "", lora: Sequence[str] = (), tiny_decoder: str = ""
) -> ModelFiles:
    """The files of a known generator, or of the checkpoint folder of that name.

    `models` is a folder with local copies of hub repositories (owner/name inside it); when
    empty, the hub's own cache is read. `lora` are files, or owner/name/path on the hub;
    `tiny_decoder` is a folder, or owner/name on the hub, and becomes part of the revision.
    Raises `ModelError` naming what is missing and the command that gets it.
    """
    if name in known_models():
        known = known_model(name)
        lora = (*known.lora, *lora)
        found = _from_assets(name, known) if known.assets else _from_hub(name, known, models)
    else:
        found = _from_path(name)
    found = _with_lora(found, lora, models) if lora else found
    return _with_tiny_decoder(found, tiny_decoder, models) if tiny_decoder else found


def _from_path(name: str) -> ModelFiles:
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise ModelError(
            f"{name}: neither a folder nor a known generator ({', '.join(known_models())})",
            name=name,
        )
    if not (folder / "model_index.json").is_file():
        raise ModelError(f"{folder}: no model_index.json there, so no diffusers checkpoint")
    return _from_folder(folder.resolve().name, folder, "")


def _from_assets(name: str, known: KnownModel) -> ModelFiles:
    try:
        import kirakat_assets
    except ModuleNotFoundError as error:
        raise ModelError(
            f"{name} is shipped in kirakat-assets: pip install kirakat-assets"
        ) from error
    folder = kirakat_assets.root() / known.assets
    if not (folder / "model_index.json").is_file():
        raise ModelError(f"{folder}: no model there; install kirakat-assets again")
    return _with_known(_from_folder(name, folder, known.licence), known)


def _from_folder(name: str, folder: Path, licence: str) -> ModelFiles:
    """A checkpoint with `controlnet/`, `ip_adapter/` and `image_encoder/` beside its parts."""
    encoders = [folder / "image_encoder", folder / "ip_adapter" / "image_encoder"]
    encoder = next((path for path in encoders if (path / "config.json").is_file()), None)
    adapter = _only_weights(folder / "ip_adapter")
    if adapter is not None and encoder is None:
        raise ModelError(f"{folder}: ip_adapter/ needs the vision model in image_encoder/")
    controlnet = folder / "controlnet"
    return ModelFiles(
        info=ModelInfo(
            name=name,
            revision=folder_revision(folder),
            licence=licence or _licence(folder),
            native_size=_native_size(folder),
        ),
        base=folder,
        controlnet=controlnet if (controlnet / "config.json").is_file() else None,
        adapter=adapter,
        image_encoder=encoder if adapter else None,
    )


def _from_hub(name: str, known: KnownModel, models: str | Path) -> ModelFiles:
    base = hub_folder(known.base, known.revision, models, _BASE_FILES)
    parts = [base]
    controlnet = adapter = encoder = None
    if known.controlnet:
        control = hub_folder(known.controlnet, "main", models, _CONTROL_FILES)
        controlnet = control.path
        parts.append(control)
    if known.adapter:
        wanted = (known.adapter_weights, f"{known.image_encoder}/*")
        images = hub_folder(known.adapter, "main", models, wanted)
        adapter = images.path / known.adapter_weights
        encoder = images.path / known.image_encoder
        parts.append(images)
    info = ModelInfo(
        name=name,
        revision="+".join(part.commit[:12] for part in parts),
        licence=known.licence,
        native_size=known.native_size,
    )
    found = ModelFiles(
        info=info, base=base.path, controlnet=controlnet, adapter=adapter, image_encoder=encoder
    )
    return _with_known(found, known)


# What is needed of a repository: halves are enough, and pickles are never read.
_BASE_FILES = ("model_index.json", "*/*.json", "*/*.txt", "*/*.fp16.safetensors")
_CONTROL_FILES = ("config.json", "*.safetensors")


def _with_known(found: ModelFiles, known: KnownModel) -> ModelFiles:
    return replace(
        found, scheduler=known.scheduler, scheduler_options=dict(known.scheduler_options)
    )


def _with_lora(found: ModelFiles, lora: Sequence[str], models: str | Path) -> ModelFiles:
    paths = tuple(Path(spec) if Path(spec).is_file() else hub_file(spec, models) for spec in lora)
    hashes = [sha256_bytes(path.read_bytes())[:12] for path in paths]
    revision = "+".join([found.info.revision, *(f"lora:{one}" for one in hashes)])
    return replace(found, info=replace(found.info, revision=revision), lora=paths)


def _with_tiny_decoder(found: ModelFiles, spec: str, models: str | Path) -> ModelFiles:
    folder = Path(spec).expanduser()
    if not (folder / "config.json").is_file():
        if spec.count("/") != 1 or folder.is_dir():
            raise ModelError(f"{spec}: neither a folder with config.json nor owner/name on the hub")
        folder = hub_folder(spec, "main", models, _CONTROL_FILES).path
    revision = f"{found.info.revision}+decoder:{folder_revision(folder)}"
    return replace(found, info=replace(found.info, revision=revision), tiny_decoder=folder)


def _only_weights(folder: Path) -> Path | None:
    """The one weights file directly in a folder; None without the folder."""
    if not folder.is_dir():
        return None
    weights = sorted(path for path in folder.iterdir() if path.suffix in _WEIGHTS)
    if len(weights) != 1:
        raise ModelError(f"{folder}: holds {len(weights)} weights files instead of one")
    return weights[0]


def _native_size(folder: Path) -> int:
    """Long side at which the checkpoint was trained: its latent size times the downsampling."""
    unet, vae = _config(folder / "unet"), _config(folder / "vae")
    size = unet["sample_size"]
    latent = max(size) if isinstance(size, list) else int(size)
    return int(latent * 2 ** (len(vae["block_out_channels"]) - 1))


def _config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    if not path.is_file():
        raise ModelError(f"{path} is missing, so the checkpoint is incomplete")
    return dict(json.loads(path.read_text("utf-8")))


def _licence(folder: Path) -> str:
    """`license:` of the model card's front matter, as on the hub; "unknown" without one."""
    card = folder / "README.md"
    if not card.is_file():
        return "unknown"
    match = re.search(r"^license:\s*(\S.*?)\s*$", card.read_text("utf-8"), re.MULTILINE)
    return match.group(1) if match else "unknown"
