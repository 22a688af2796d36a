"""A library of scenes: pictures with a JSON description beside each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from kirakat.errors import SceneError
from kirakat.hashing import digest, sha256_bytes
from kirakat.types import Light, ProductView, Scene

_VIEWS: frozenset[ProductView] = frozenset({"standing", "lying", "hanging"})


def load_scenes(folders: Iterable[Path]) -> tuple[Scene, ...]:
    """Every scene described in `folders`, ordered by id.

    A later folder's scene replaces an earlier one of the same id. Raises `SceneError` naming
    the file for a description that is incomplete or out of range, or whose picture is missing.
    """
    scenes: dict[str, Scene] = {}
    for folder in folders:
        if not folder.is_dir():
            raise SceneError(f"{folder}: no such folder of scenes")
        for path in sorted(folder.glob("*.json")):
            scene = load_scene(path)
            scenes[scene.scene_id] = scene
    return tuple(scenes[key] for key in sorted(scenes))


def load_scene(description: Path) -> Scene:
    """One scene from its JSON description; the picture has the same stem."""
    try:
        values = json.loads(description.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SceneError(f"{description}: {error}") from error
    return scene_from(values, _picture_of(description), where=str(description))


def scene_from(
    values: Mapping[str, Any],
    picture: Path,
    *,
    size: tuple[int, int] | None = None,
    where: str = "scene",
) -> Scene:
    """The scene that a description's values say; raises `SceneError` naming `where`.

    Without a `size` (width, height) the picture is opened for it.
    """
    try:
        return _scene(values, picture, size or _size_of(picture))
    except (KeyError, TypeError, ValueError) as error:
        raise SceneError(f"{where}: {type(error).__name__} {error}") from error


def library_revision(scenes: Iterable[Scene]) -> str:
    """A short hash of all descriptions and pictures: part of a recipe."""
    parts = [(digest(_described(scene)), sha256_bytes(scene.path.read_bytes())) for scene in scenes]
    return digest(sorted(parts))[:12]


def _described(scene: Scene) -> dict[str, Any]:
    return {name: value for name, value in vars(scene).items() if name != "path"}


def _picture_of(description: Path) -> Path:
    for suffix in (".jpg", ".jpeg", ".png", ".webp"):
        path = description.with_suffix(suffix)
        if path.is_file():
            return path
    raise SceneError(f"{description}: its picture ({description.stem}.jpg or .png) is missing")


def _size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def _scene(values: Mapping[str, Any], path: Path, size: tuple[int, int]) -> Scene:
    light = values.get("light", {})
    views = frozenset(values["views"])
    if not views or not views <= _VIEWS:
        raise ValueError(f"views must be some of {', '.join(sorted(_VIEWS))}")
    return Scene(
        scene_id=str(values.get("scene_id", path.stem)),
        path=path,
        width=size[0],
        height=size[1],
        support_x=_fraction(values["support"]["x"]),
        support_y=_fraction(values["support"]["y"]),
        support_width=_fraction(values["support_width"]),
        horizon=None if values.get("horizon") is None else float(values["horizon"]),
        camera_elevation=float(values["camera_elevation"]),
        light=Light(
            azimuth=float(light.get("azimuth", Light.azimuth)) % 360.0,
            elevation=float(light.get("elevation", Light.elevation)),
            softness=_fraction(light.get("softness", Light.softness)),
            temperature=light.get("temperature", Light.temperature),
        ),
        views=views,
        surface=str(values.get("surface", "")),
        lighting=str(values.get("lighting", "")),
        palette=str(values.get("palette", "")),
        tags=frozenset(values.get("tags", ())),
        categories=frozenset(values.get("categories", ())),
        support_front=_optional(values.get("support_front")),
        licence=str(values.get("licence", "")),
        origin=str(values.get("origin", "")),
    )


def _optional(value: float | None) -> float | None:
    return None if value is None else _fraction(value)


def _fraction(value: float) -> float:
    if not 0.0 <= float(value) <= 1.0:
        raise ValueError(f"{value} is no fraction between 0 and 1")
    return float(value)
