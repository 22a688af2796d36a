"""The scenes that a merchant's pictures may start from: the installation's, and their own."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from sqlalchemy import Connection

from kirakat.errors import NotFoundError
from kirakat.review.desk import ROOT, Desk
from kirakat.scenes.library import load_scenes, scene_from
from kirakat.store.own_scenes import OwnScene, list_scenes
from kirakat.types import Scene

_SMALL = 480


@dataclass(frozen=True, kw_only=True)
class ShownScene:
    """One picture of the grid."""

    scene: Scene
    name: str
    # Of the small picture.
    address: str
    # None for the installation's.
    own: OwnScene | None


def library(connection: Connection, desk: Desk, merchant_id: str) -> list[ShownScene]:
    """The merchant's own scenes, then those that every merchant of the installation has."""
    own = [own_scene(item) for item in list_scenes(connection, merchant_id)]
    common = [
        ShownScene(
            scene=scene, name=scene.scene_id, own=None,
            address=f"{ROOT}/scenes/{quote(scene.scene_id, safe='')}/small",
        )
        for scene in common_scenes(desk).values()
    ]  # fmt: skip
    return [*own, *common]


def own_scene(item: OwnScene) -> ShownScene:
    """A merchant's scene; its picture is a blob, and not opened here."""
    size = int(item.record["width"]), int(item.record["height"])
    values = {**item.record, "scene_id": item.scene_id}
    return ShownScene(
        scene=scene_from(values, Path(item.sha256), size=size),
        name=item.name,
        address=f"{ROOT}/pictures/{item.sha256}/small",
        own=item,
    )


def common_scenes(desk: Desk) -> dict[str, Scene]:
    """The installation's scenes by id."""
    return _load(desk.settings.scenes)


def small_scene(desk: Desk, scene_id: str) -> bytes:
    """A small JPEG of one of the installation's scenes; raises `NotFoundError`."""
    scene = common_scenes(desk).get(scene_id)
    if scene is None:
        raise NotFoundError("There is no such scene.")
    return _shrink(scene.path)


@lru_cache(maxsize=4)
def _load(folder: str) -> dict[str, Scene]:
    folders = [*_shipped(), *([Path(folder)] if folder else [])]
    return {scene.scene_id: scene for scene in load_scenes(folders)}


def _shipped() -> list[Path]:
    """The folder of `kirakat-assets`, which light installations do without."""
    try:
        import kirakat_assets
    except ModuleNotFoundError:
        return []
    return [kirakat_assets.root() / "scenes"]


@lru_cache(maxsize=256)
def _shrink(path: Path) -> bytes:
    with Image.open(path) as picture:
        picture.draft("RGB", (2 * _SMALL, 2 * _SMALL))
        small = picture.convert("RGB")
    small.thumbnail((_SMALL, _SMALL), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=82)
    return buffer.getvalue()
