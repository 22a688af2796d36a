"""Prompt pools: one TOML file a category, shipped or from a user's folder."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from kirakat.errors import PromptError
from kirakat.prompts.template import template_fields
from kirakat.types import Prompt, SceneQuery

FALLBACK = "default"

_PROMPT_KEYS = {"id", "version", "template", "negative", "tags", "why", "scene"}
_SCENE_KEYS = {"surfaces", "lightings", "palettes", "tags"}


@dataclass(frozen=True, kw_only=True)
class Pools:
    """The prompts allowed for every category."""

    # Prompts of a category in their file's order.
    by_category: Mapping[str, tuple[Prompt, ...]]

    def __iter__(self) -> Iterator[Prompt]:
        """Every prompt, category by category."""
        for pool in self.by_category.values():
            yield from pool

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that have a pool."""
        return tuple(self.by_category)

    def for_category(self, category: str) -> tuple[Prompt, ...]:
        """The category's pool, or the pool "default" where it has none of its own.

        Raises `PromptError` when there is neither.
        """
        pool = self.by_category.get(category) or self.by_category.get(FALLBACK)
        if not pool:
            raise PromptError(
                f'no pool for "{category}" and no pool "{FALLBACK}"; the pools are: '
                + ", ".join(self.categories),
                category=category,
            )
        return pool

    def prompt(self, prompt_id: str) -> Prompt:
        """The prompt of that id. Raises `PromptError` when there is none."""
        for prompt in self:
            if prompt.prompt_id == prompt_id:
                return prompt
        raise PromptError(f"no prompt {prompt_id}; see: kirakat prompts list", prompt_id=prompt_id)


def load_pools(folder: Path | None = None) -> Pools:
    """The shipped pools, or those in the TOML files of `folder`.

    Raises `PromptError` naming file and prompt for what cannot be read; `lint_pools` finds what
    can be read and is still wrong.
    """
    if folder is not None and not folder.is_dir():
        raise PromptError(f"{folder}: no such folder of prompt pools")
    root: Traversable = folder or resources.files("kirakat.prompts").joinpath("pools")
    files = sorted(
        (item for item in root.iterdir() if item.name.endswith(".toml")), key=lambda f: f.name
    )
    if not files:
        raise PromptError(f"{folder}: no pool there (<category>.toml)")
    return _joined(load_pool(file) for file in files)


def _joined(pools: Iterable[tuple[str, tuple[Prompt, ...]]]) -> Pools:
    by_category: dict[str, tuple[Prompt, ...]] = {}
    for category, prompts in pools:
        by_category[category] = by_category.get(category, ()) + prompts
    return Pools(by_category=by_category)


def load_pool(file: Traversable) -> tuple[str, tuple[Prompt, ...]]:
    """The category of one pool file and its prompts. Raises `PromptError`."""
    with _complaints(file.name):
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        _known_keys(table, {"category", "negative", "prompt"}, "the file")
        category = str(table.get("category", file.name.removesuffix(".toml")))
        entries = table.get("prompt", [])
        if not entries:
            raise ValueError("it has no [[prompt]]")
        negative = str(table.get("negative", ""))
        return category, tuple(_prompt(entry, category, negative) for entry in entries)


@contextmanager
def _complaints(name: str) -> Iterator[None]:
    """Whatever is wrong in a pool file as a `PromptError` that names the file."""
    try:
        yield
    except PromptError as error:
        raise PromptError(f"{name}: {error}", **error.data) from error
    except (OSError, TypeError, ValueError) as error:
        raise PromptError(f"{name}: {error}") from error


def _prompt(entry: Mapping[str, Any], category: str, negative: str) -> Prompt:
    prompt_id = str(entry.get("id", ""))
    where = f"prompt {prompt_id or '(without id)'}"
    _known_keys(entry, _PROMPT_KEYS, where)
    missing = [key for key in ("id", "version", "template") if not entry.get(key)]
    if missing:
        raise ValueError(f"{where} lacks {', '.join(missing)}")
    if type(entry["version"]) is not int or entry["version"] < 1:
        raise ValueError(f"{where}: version must be a whole number from 1")
    template_fields(str(entry["template"]))
    return Prompt(
        prompt_id=prompt_id,
        version=entry["version"],
        category=category,
        template=str(entry["template"]),
        negative=str(entry.get("negative", negative)),
        tags=tuple(_texts(entry.get("tags", []), where)),
        why=str(entry.get("why", "")),
        scene=_scene(entry.get("scene", {}), where),
    )


def _scene(table: Mapping[str, Any], where: str) -> SceneQuery:
    _known_keys(table, _SCENE_KEYS, f"{where}, scene")
    return SceneQuery(**{key: frozenset(_texts(table.get(key, []), where)) for key in _SCENE_KEYS})


def _texts(value: object, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{where}: tags and scene values are lists of texts")
    return value


def _known_keys(table: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise ValueError(
            f"{where} has unknown {', '.join(unknown)}; known: {', '.join(sorted(known))}"
        )
