"""Finished images and source files, kept by the hash of their bytes.

A blob lies at `blobs/<first 2>/<sha256>` of a folder, S3, GCS or Azure. It is written whole or
not at all, and never written again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from kirakat.errors import NotFoundError, StoreError
from kirakat.hashing import sha256_bytes

_ROOT = "blobs"


@dataclass(frozen=True, kw_only=True)
class BlobInfo:
    """A blob without its bytes."""

    sha256: str
    # Bytes.
    size: int
    stored_at: datetime


class Blobs:
    """Blobs in an object store.

    Every method raises `StoreError` when the store is out of reach, and those that read one
    blob raise `NotFoundError` when it is not there.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, data: bytes) -> str:
        """Keep bytes unless they are kept already; gives their SHA-256."""
        sha256 = sha256_bytes(data)
        with _as_store_errors(sha256):
            try:
                obstore.put(self._store, _path(sha256), data, mode="create")
            except AlreadyExistsError:
                return sha256
        return sha256

    def get(self, sha256: str) -> bytes:
        """The whole blob."""
        with _as_store_errors(sha256):
            return bytes(obstore.get(self._store, _path(sha256)).bytes())

    def get_range(self, sha256: str, *, start: int, end: int) -> bytes:
        """Bytes from `start` to before `end`; an end beyond the blob's means to its end."""
        size = self.head(sha256).size
        if not 0 <= start < min(end, size):
            raise StoreError(f"blob {sha256} has no bytes {start} to {end}", size=size)
        with _as_store_errors(sha256):
            part = obstore.get_range(self._store, _path(sha256), start=start, end=min(end, size))
            return bytes(part)

    def head(self, sha256: str) -> BlobInfo:
        """The blob's size and age."""
        with _as_store_errors(sha256):
            meta = obstore.head(self._store, _path(sha256))
        return BlobInfo(sha256=sha256, size=meta["size"], stored_at=meta["last_modified"])

    def exists(self, sha256: str) -> bool:
        """Whether the blob is there."""
        try:
            self.head(sha256)
        except NotFoundError:
            return False
        return True

    def list(self) -> Iterator[BlobInfo]:
        """Every blob, page by page, in no promised order."""
        with _as_store_errors(_ROOT):
            for page in obstore.list(self._store, prefix=_ROOT):
                for meta in page:
                    yield BlobInfo(
                        sha256=meta["path"].rsplit("/", 1)[-1],
                        size=meta["size"],
                        stored_at=meta["last_modified"],
                    )

    def delete(self, sha256: str) -> None:
        """Remove a blob; nothing happens when it is gone already."""
        with _as_store_errors(sha256):
            try:
                obstore.delete(self._store, _path(sha256))
            except FileNotFoundError:
                return


def open_blobs(url: str) -> Blobs:
    """Blobs in a folder (a path or file://), at s3://, gs:// or az://, or in memory:.

    A folder is created when missing. Credentials come from the environment, as each cloud's own
    tools take them. Raises `StoreError` for another address.
    """
    if url in ("memory:", "memory://"):
        return Blobs(MemoryStore())
    scheme, separator, rest = url.partition("://")
    if separator and scheme != "file":
        with _as_store_errors(url):
            return Blobs(from_url(url))
    folder = Path(rest if separator else url)
    folder.mkdir(parents=True, exist_ok=True)
    return Blobs(LocalStore(folder))


def _path(sha256: str) -> str:
    """Where a blob lies; raises `NotFoundError` for what is no hash, such as "../x"."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise NotFoundError(f"{sha256!r} is no SHA-256", sha256=sha256)
    return f"{_ROOT}/{sha256[:2]}/{sha256}"


@contextmanager
def _as_store_errors(subject: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFoundError(f"no blob {subject}", sha256=subject) from error
    except (BaseError, OSError, ValueError) as error:
        raise StoreError(f"the blob store fails on {subject}: {error}", subject=subject) from error
