"""The revision of a checkpoint that has no commit: the hash of its files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from kirakat.hashing import digest

# Everything that decides pixels; cards and licences may change without changing a model.
_SUFFIXES = frozenset({".safetensors", ".bin", ".json", ".txt", ".model"})


def folder_revision(folder: Path) -> str:
    """Twelve hexadecimal digits that change when any weight or configuration in it changes."""
    files = sorted(
        path for path in folder.rglob("*") if path.suffix in _SUFFIXES and path.is_file()
    )
    return digest([(path.relative_to(folder).as_posix(), _file_hash(path)) for path in files])[:12]


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
