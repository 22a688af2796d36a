"""Blobs by the hash of their bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kirakat.errors import NotFoundError, StoreError
from kirakat.hashing import sha256_bytes
from kirakat.store.blobs import Blobs, open_blobs


@pytest.fixture(params=["folder", "file://", "memory:"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    """Empty blobs of each kind that needs no cloud."""
    kinds = {"folder": str(tmp_path / "b"), "file://": f"file://{tmp_path / 'f'}"}
    return open_blobs(kinds.get(request.param, request.param))


def test_what_was_put_comes_back(blobs: Blobs) -> None:
    """If it did not, finished images would be lost."""
    assert blobs.get(blobs.put(b"picture")) == b"picture"


def test_the_name_is_the_hash(blobs: Blobs) -> None:
    """If it were not, a URL would not promise its content."""
    assert blobs.put(b"picture") == sha256_bytes(b"picture")


def test_putting_twice_writes_once(blobs: Blobs) -> None:
    """If it wrote again, a reader could meet a half-written file."""
    stored = blobs.head(blobs.put(b"picture")).stored_at
    blobs.put(b"picture")
    assert [blobs.head(item.sha256).stored_at for item in blobs.list()] == [stored]


def test_a_range_is_part_of_the_bytes(blobs: Blobs) -> None:
    """If it were not, resumed downloads would be broken pictures."""
    assert blobs.get_range(blobs.put(b"0123456789"), start=3, end=6) == b"345"


def test_a_range_beyond_the_end_ends_there(blobs: Blobs) -> None:
    """If it did not, "the rest from here" would be an error."""
    assert blobs.get_range(blobs.put(b"0123456789"), start=8, end=99) == b"89"


@pytest.mark.parametrize(("start", "end"), [(10, 12), (4, 4), (-1, 3)])
def test_an_empty_range_is_a_store_error(blobs: Blobs, start: int, end: int) -> None:
    """If it were not, the service could not answer 416."""
    sha256 = blobs.put(b"0123456789")
    with pytest.raises(StoreError):
        blobs.get_range(sha256, start=start, end=end)


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "F" * 64])
def test_what_is_not_there_is_not_found(blobs: Blobs, name: str) -> None:
    """If it were another error, a wrong address would look like an outage."""
    with pytest.raises(NotFoundError):
        blobs.get(name)


def test_deleting_twice_is_no_error(blobs: Blobs) -> None:
    """If it were, two clean-ups at once would fail."""
    sha256 = blobs.put(b"picture")
    blobs.delete(sha256)
    blobs.delete(sha256)
    assert not blobs.exists(sha256)


def test_a_broken_folder_is_a_store_error(tmp_path: Path) -> None:
    """If it were not, the service could not fall back to the original."""
    blobs = open_blobs(str(tmp_path / "b"))
    (tmp_path / "b" / "blobs").write_text("a file in the way")
    with pytest.raises(StoreError):
        blobs.put(b"picture")


def test_an_unknown_address_is_a_store_error() -> None:
    """If it were not, a typo would end in a traceback."""
    with pytest.raises(StoreError):
        open_blobs("ftp://somewhere/else")
