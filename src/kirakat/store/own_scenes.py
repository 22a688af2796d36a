"""A merchant's own scenes: a picture's blob and its description; a change makes another scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, update

from kirakat.errors import NotFoundError
from kirakat.files import write_whole
from kirakat.hashing import digest
from kirakat.scenes.library import scene_from
from kirakat.store.blobs import Blobs
from kirakat.store.bulk import as_record, insert_missing
from kirakat.store.tables_scenes import own_scenes
from kirakat.types import Scene


@dataclass(frozen=True, kw_only=True)
class OwnScene:
    """One scene of a merchant."""

    merchant_id: str
    # Name and a hash of picture and geometry.
    scene_id: str
    name: str
    # Of the picture's blob.
    sha256: str
    # The description, as in a folder of scenes.
    record: Mapping[str, Any]
    actor: str
    created_at: datetime
    # None while it is used.
    retired_at: datetime | None


def put_scene(
    connection: Connection,
    merchant_id: str,
    name: str,
    *,
    sha256: str,
    record: Mapping[str, Any],
    actor: str,
    now: datetime,
) -> str:
    """Enter a scene whose blob is stored; it replaces the merchant's scene of that name.

    Gives its id. The same picture and description again is the same scene.
    """
    scene_id = f"{name}-{digest(sha256, dict(record))[:8]}"
    _retire(connection, merchant_id, name, but=scene_id, now=now)
    row = {
        "merchant_id": merchant_id, "scene_id": scene_id, "name": name, "sha256": sha256,
        "record": dict(record), "actor": actor, "created_at": now, "retired_at": None,
    }  # fmt: skip
    if not insert_missing(connection, own_scenes, [row], own_scenes.c.scene_id):
        mine = (own_scenes.c.merchant_id == merchant_id, own_scenes.c.scene_id == scene_id)
        connection.execute(update(own_scenes).where(*mine).values(retired_at=None))
    return scene_id


def retire_scene(connection: Connection, merchant_id: str, name: str, *, now: datetime) -> None:
    """Start nothing from a scene any more; raises `NotFoundError`."""
    if not _retire(connection, merchant_id, name, but="", now=now):
        raise NotFoundError(f"there is no own scene {name}", name=name)


def list_scenes(connection: Connection, merchant_id: str) -> list[OwnScene]:
    """The merchant's scenes that are used, by name."""
    statement = (
        select(own_scenes)
        .where(own_scenes.c.merchant_id == merchant_id, own_scenes.c.retired_at.is_(None))
        .order_by(own_scenes.c.name)
    )
    return [as_record(OwnScene, row) for row in connection.execute(statement)]


def fetch_scenes(
    connection: Connection, blobs: Blobs, merchant_id: str, folder: Path
) -> tuple[Scene, ...]:
    """The merchant's scenes with their pictures in `folder`, fetched there when missing."""
    return tuple(_fetched(item, blobs, folder) for item in list_scenes(connection, merchant_id))


def _fetched(item: OwnScene, blobs: Blobs, folder: Path) -> Scene:
    path = folder / f"{item.sha256}.jpg"
    if not path.is_file():
        write_whole(path, blobs.get(item.sha256))
    return scene_from({**item.record, "scene_id": item.scene_id}, path)


def _retire(connection: Connection, merchant_id: str, name: str, *, but: str, now: datetime) -> int:
    columns = own_scenes.c
    statement = update(own_scenes).where(
        columns.merchant_id == merchant_id,
        columns.name == name,
        columns.scene_id != but,
        columns.retired_at.is_(None),
    )
    return connection.execute(statement.values(retired_at=now)).rowcount
