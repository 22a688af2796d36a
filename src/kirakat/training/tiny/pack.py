"""Renders as a few large files, none above a size, so that thousands of them travel in parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kirakat.errors import TrainingError
from kirakat.training.tiny.dataset import list_renders

# Of a render's folder; the last is not in every one.
_FILES = ("picture.jpg", "matte.png", "twin.jpg", "caption.txt", "meta.json")
# What a zip archive keeps beside each file: names, twice, and the array's header.
_ENTRY_BYTES = 512


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One file and how many renders are in it."""

    path: Path
    renders: int


def pack_renders(renders: Path, out: Path, *, max_bytes: int = 60_000_000) -> Iterator[Shard]:
    """Write the complete renders under `renders` as shard-000.npz, ... under `out`.

    Raises `TrainingError` when there is none, or when one alone is above `max_bytes`.
    """
    out.mkdir(parents=True, exist_ok=True)
    shard: dict[str, NDArray[np.uint8]] = {}
    size = held = number = 0
    for render in list_renders(renders):
        entries = _entries(render.folder)
        more = sum(len(entry) + _ENTRY_BYTES for entry in entries.values())
        if more > max_bytes:
            raise TrainingError(f"{render.folder} alone is above {max_bytes} bytes")
        if size + more > max_bytes:
            yield _written(out, number, shard, held)
            shard, size, held, number = {}, 0, 0, number + 1
        shard |= entries
        size, held = size + more, held + 1
    yield _written(out, number, shard, held)


def unpack_renders(shards: Path, renders: Path) -> Iterator[Shard]:
    """Write back what `pack_renders` packed; renders that are there already are left alone.

    Raises `TrainingError` when `shards` holds no shard, or one that holds something else.
    """
    paths = sorted(shards.glob("shard-*.npz"))
    if not paths:
        raise TrainingError(f"{shards}: no shard-000.npz there; kirakat train pack makes them")
    for path in paths:
        with np.load(path, allow_pickle=False) as arrays:
            by_render: dict[str, list[str]] = {}
            for key in arrays.files:
                name, _, file = key.partition(".")
                if not name.isdigit() or file not in _FILES:
                    raise TrainingError(f"{path}: {key} is no file of a render")
                by_render.setdefault(name, []).append(key)
            for name, keys in by_render.items():
                _write_render(renders / name, {key: arrays[key] for key in keys})
        yield Shard(path=path, renders=len(by_render))


def _entries(folder: Path) -> dict[str, NDArray[np.uint8]]:
    found = (folder / name for name in _FILES if (folder / name).is_file())
    return {f"{folder.name}.{path.name}": np.fromfile(path, np.uint8) for path in found}


def _written(out: Path, number: int, shard: dict[str, NDArray[np.uint8]], held: int) -> Shard:
    path = out / f"shard-{number:03d}.npz"
    part = path.with_suffix(".part.npz")
    np.savez(part, allow_pickle=False, **shard)
    part.replace(path)
    return Shard(path=path, renders=held)


def _write_render(folder: Path, files: dict[str, NDArray[np.uint8]]) -> None:
    """Whole or not at all: the folder gets its name last."""
    if folder.is_dir():
        return
    part = folder.with_name(f"{folder.name}.part")
    part.mkdir(parents=True, exist_ok=True)
    for key, content in files.items():
        content.tofile(part / key.partition(".")[2])
    part.rename(folder)
