"""Gzipped feeds, unpacked to disk and no further than a limit."""

from __future__ import annotations

import gzip
import shutil
import zlib
from pathlib import Path

from kirakat.errors import FeedError

_GZIP = b"\x1f\x8b"
_PIECE = 1 << 20


class FeedTooLargeError(FeedError):
    """The feed is larger than the service takes."""


def unpack_feed(path: Path, *, max_bytes: int) -> Path:
    """The file itself, or beside it what a gzip file holds (once; nothing packed twice).

    Raises `FeedTooLargeError` as soon as more than `max_bytes` come out, so that a small file
    cannot fill the disk, and `FeedError` for a broken file.
    """
    with path.open("rb") as file:
        if file.read(2) != _GZIP:
            return path
    target = path.with_name(f"unpacked-{path.name}")
    try:
        with gzip.open(path) as packed, target.open("wb") as unpacked:
            while piece := packed.read(_PIECE):
                max_bytes -= len(piece)
                if max_bytes < 0:
                    raise FeedTooLargeError("the feed unpacks to more than the service takes")
                unpacked.write(piece)
    except (OSError, EOFError, zlib.error) as error:
        raise FeedError(f"the feed is no whole gzip file: {error}") from error
    with target.open("rb") as file:
        if file.read(2) == _GZIP:
            raise FeedError("the feed is packed twice")
    shutil.copystat(path, target)
    return target
