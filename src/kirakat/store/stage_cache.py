"""Results of pure stages, kept by the hash of their inputs.

A stage asks `load(stage, key)` before it works and calls `save` after; keys hold everything
that decides the result, so an entry is never stale and never overwritten.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Protocol

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, MemoryStore, ObjectStore


class StageCache(Protocol):
    """Bytes by stage and key."""

    def load(self, stage: str, key: str) -> bytes | None:
        """The bytes saved under (stage, key), or None."""
        ...

    def save(self, stage: str, key: str, data: bytes) -> None:
        """Keep bytes; saving a key twice keeps the first."""
        ...


class ObjectCache:
    """A `StageCache` on any object store: a folder, memory, S3, GCS or Azure.

    `hits` and `misses` count the look-ups by stage, so that a run can say what it did not
    have to do again.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.hits: Counter[str] = Counter()
        self.misses: Counter[str] = Counter()

    def load(self, stage: str, key: str) -> bytes | None:
        """The bytes saved under (stage, key), or None."""
        try:
            data = bytes(obstore.get(self._store, _path(stage, key)).bytes())
        except FileNotFoundError:
            self.misses[stage] += 1
            return None
        self.hits[stage] += 1
        return data

    def save(self, stage: str, key: str, data: bytes) -> None:
        """Keep bytes atomically; the first writer of a key wins."""
        try:
            obstore.put(self._store, _path(stage, key), data, mode="create")
        except AlreadyExistsError:
            return


def folder_cache(folder: Path) -> ObjectCache:
    """A cache in a local folder, created when missing."""
    folder.mkdir(parents=True, exist_ok=True)
    return ObjectCache(LocalStore(folder))


def memory_cache() -> ObjectCache:
    """A cache that lives as long as the process."""
    return ObjectCache(MemoryStore())


def _path(stage: str, key: str) -> str:
    return f"{stage}/{key[:2]}/{key}"
