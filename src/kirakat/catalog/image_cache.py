"""Fetched pictures kept in a folder: contents by their hash, links by theirs.

    folder/<merchant>/links/<hash of the link>.json   {"sha256": ..., "validators": {...}}
    folder/<merchant>/contents/<sha256>               the bytes

Files are written beside their place and renamed into it, so that processes may share a folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kirakat.files import write_whole
from kirakat.hashing import sha256_bytes


@dataclass(frozen=True, kw_only=True)
class CachedImage:
    """What the cache holds for a link."""

    data: bytes
    # Request headers that ask the server whether it has changed.
    validators: Mapping[str, str]


class ImageCache:
    """A folder of fetched pictures of one merchant."""

    def __init__(self, folder: Path, *, merchant_id: str) -> None:
        self._folder = folder / sha256_bytes(merchant_id.encode())[:16]

    def load(self, link: str) -> CachedImage | None:
        """The picture kept for `link`, or None; a damaged entry counts as none."""
        try:
            entry = json.loads(self._link_path(link).read_bytes())
            data = self._content_path(entry["sha256"]).read_bytes()
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        if sha256_bytes(data) != entry["sha256"]:
            return None
        return CachedImage(data=data, validators=dict(entry["validators"]))

    def load_content(self, sha256: str) -> bytes | None:
        """The kept picture of that hash, whatever its link; None when there is none."""
        try:
            data = self._content_path(sha256).read_bytes()
        except FileNotFoundError:
            return None
        return data if sha256_bytes(data) == sha256 else None

    def save(self, link: str, data: bytes, validators: Mapping[str, str]) -> None:
        """Keep a picture for `link`, instead of any earlier one."""
        sha256 = sha256_bytes(data)
        write_whole(self._content_path(sha256), data)
        entry = {"link": link, "sha256": sha256, "validators": dict(validators)}
        write_whole(self._link_path(link), json.dumps(entry).encode())

    def _link_path(self, link: str) -> Path:
        return self._folder / "links" / f"{sha256_bytes(link.encode('utf-8'))}.json"

    def _content_path(self, sha256: str) -> Path:
        return self._folder / "contents" / Path(sha256).name
