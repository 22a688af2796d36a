"""The table of known generators, read from models.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from kirakat.types import Sampling


@dataclass(frozen=True, kw_only=True)
class KnownModel:
    """Where a generator's parts come from and how it is best used."""

    licence: str
    sampling: Sampling
    # Folder inside the assets distribution; the other sources are empty then.
    assets: str = ""
    # Hub repositories, as owner/name.
    base: str = ""
    controlnet: str = ""
    adapter: str = ""
    # Branch, tag or commit of the base repository; the others are taken from their main branch.
    revision: str = "main"
    # Paths inside the adapter's repository.
    adapter_weights: str = ""
    image_encoder: str = ""
    # Files as owner/name/path, fused into the model in this order.
    lora: tuple[str, ...] = ()
    # Long side in pixels; 0 where the checkpoint's own configuration tells.
    native_size: int = 0
    # A name of `schedulers.py`; empty keeps the checkpoint's own.
    scheduler: str = ""
    scheduler_options: Mapping[str, Any] = field(default_factory=dict)


def known_model(name: str) -> KnownModel:
    """The entry of that name; raises `KeyError` when there is none."""
    return known_models()[name]


@cache
def known_models() -> dict[str, KnownModel]:
    """All entries by name."""
    text = files("kirakat.models.diffusion").joinpath("models.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    return {name: _entry(table, tables) for name, table in tables.items()}


def default_sampling(name: str) -> Sampling:
    """How a known generator is best used; of a folder's checkpoint nothing is known."""
    models = known_models()
    return models[name].sampling if name in models else Sampling()


def _entry(table: Mapping[str, Any], tables: Mapping[str, Any]) -> KnownModel:
    values = {**tables.get(table.get("like", ""), {}), **table}
    values.pop("like", None)
    values["sampling"] = Sampling(**values["sampling"])
    values["lora"] = tuple(values.get("lora", ()))
    return KnownModel(**values)
