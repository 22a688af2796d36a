"""Read a product feed of any supported format as a stream of offers."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from kirakat.catalog.build_offer import build_offer, rejection
from kirakat.catalog.raw_row import RawRow
from kirakat.catalog.read_delimited import read_delimited
from kirakat.catalog.read_jsonl import read_jsonl
from kirakat.catalog.read_xml import read_xml
from kirakat.errors import EmptyFeedError, FeedError
from kirakat.types import Offer, Rejection

FeedFormat = Literal["xml", "delimited", "jsonl"]

_SUFFIXES: dict[str, FeedFormat] = {
    ".xml": "xml",
    ".rss": "xml",
    ".atom": "xml",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def read_feed(
    path: Path, *, merchant_id: str, reject: Callable[[Rejection], None]
) -> Iterator[Offer]:
    """Offers of a feed in its order: Merchant Center XML, TSV/CSV, Shopify CSV or JSON lines.

    The file (optionally gzipped) is streamed; only the ids seen stay in memory. A row that
    cannot be used goes to `reject` and reading goes on, as does an optional cell that was
    left out of an offer. Raises `FeedError` when the file cannot be read, wherever that shows,
    and `EmptyFeedError` at the end when no row was usable.
    """
    tally = _Tally(reject)
    try:
        with _opened(path) as source:
            yield from _offers(source, path, merchant_id, tally)
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise FeedError(f"cannot read {path}: {error}", path=str(path)) from error
    if tally.offers == 0:
        raise EmptyFeedError(
            f"{path} has no usable row; {tally.summary()}",
            path=str(path),
            rejected=tally.rejected,
            first=tally.first,
        )


def _offers(
    source: io.BufferedReader, path: Path, merchant_id: str, tally: _Tally
) -> Iterator[Offer]:
    seen: set[str] = set()
    try:
        for row in _raw_rows(source, path):
            offer = build_offer(row, merchant_id=merchant_id, note=tally.note)
            if offer is None:
                tally.count_rejected()
            elif offer.offer_id in seen:
                tally.note(rejection(row, "id", offer.offer_id, "was used by an earlier row"))
                tally.count_rejected()
            else:
                seen.add(offer.offer_id)
                tally.offers += 1
                yield offer
    except FeedError as error:
        raise FeedError(f"{path}: {error}", path=str(path), **error.data) from error


class _Tally:
    """What a run over a feed has seen so far."""

    def __init__(self, reject: Callable[[Rejection], None]) -> None:
        self._reject = reject
        self._last: Rejection | None = None
        self.offers = 0
        self.rejected = 0
        self.first: Rejection | None = None

    def note(self, item: Rejection) -> None:
        """Pass a rejected row or cell on."""
        self._last = item
        self._reject(item)

    def count_rejected(self) -> None:
        """Count the row of the last note as rejected."""
        self.rejected += 1
        self.first = self.first or self._last

    def summary(self) -> str:
        """How many rows were rejected, and why the first was."""
        if self.first is None:
            return "it holds no rows at all (an XML feed needs <item> or <entry> elements)"
        what = f"{self.first.field} {self.first.reason}".strip()
        return f"{self.rejected} rejected, the first (row {self.first.line}) because it: {what}"


@contextmanager
def _opened(path: Path) -> Iterator[io.BufferedReader]:
    """The file's bytes, unpacked when it is gzipped."""
    with path.open("rb") as file:
        if file.peek(2)[:2] != b"\x1f\x8b":
            yield file
            return
        with gzip.open(file) as unpacked:
            yield io.BufferedReader(unpacked)


def _raw_rows(source: io.BufferedReader, path: Path) -> Iterator[RawRow]:
    head = source.peek(4096)[:4096]
    kind = feed_format(path.name, head)
    if kind == "xml":
        return read_xml(source)
    if kind == "jsonl":
        return read_jsonl(source)
    return read_delimited(source, head)


def feed_format(name: str, head: bytes) -> FeedFormat:
    """The format of a feed from its first bytes and, where these leave it open, its name.

    Raises `FeedError` for what is surely no feed.
    """
    text = _without_mark(head)
    if head.startswith(b"PK\x03\x04"):
        raise FeedError("is a workbook or archive; export it as CSV, or unpack it first")
    if text.startswith(b"["):
        raise FeedError("is one JSON array; write one object a line (jq -c '.[]')")
    if text.startswith(b"<"):
        return "xml"
    if text.startswith(b"{"):
        return "jsonl"
    suffixes = Path(name.lower().removesuffix(".gz")).suffix
    return _SUFFIXES.get(suffixes, "delimited")


def _without_mark(head: bytes) -> bytes:
    for mark in _MARKS:
        head = head.removeprefix(mark)
    return head.replace(b"\x00", b"").lstrip()
