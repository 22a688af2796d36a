"""Comma, tab, semicolon and pipe separated feeds, one raw row at a time."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import IO

from kirakat.catalog.columns import column_names, known_columns, normalise_column
from kirakat.catalog.raw_row import RawRow
from kirakat.catalog.read_shopify import is_shopify, shopify_rows
from kirakat.errors import FeedError

_DELIMITERS = ("\t", ",", ";", "|")
# Longest piece of a line read at once, so that a file without line ends cannot fill memory.
_MAX_LINE = 1_000_000
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_delimited(source: IO[bytes], head: bytes) -> Iterator[RawRow]:
    """Raw rows of a delimited feed whose first bytes are `head`.

    The encoding is UTF-8 unless a byte order mark says otherwise; the delimiter is the one
    that yields most of the needed columns. Raises `FeedError` when no header has them.
    """
    lines = _lines(source, _encoding(head))
    header_line = next(lines, "")
    delimiter = _delimiter(header_line)
    header = _split(header_line, delimiter)
    if is_shopify(header):
        names = tuple(normalise_column(name) for name in header)
        return shopify_rows(_rows(lines, delimiter, names))
    if known_columns(header) == 0:
        raise FeedError(
            "the first line names none of the columns id, title and image_link; it reads: "
            + ", ".join(header)[:200],
            header=header,
        )
    return _rows(lines, delimiter, column_names(tuple(header)))


def _encoding(head: bytes) -> str:
    return next((name for mark, name in _ENCODINGS if head.startswith(mark)), "utf-8")


def _lines(source: IO[bytes], encoding: str) -> Iterator[str]:
    """Lines with their ends; undecodable UTF-8 bytes stay as surrogates, to be found later."""
    errors = "replace" if encoding == "utf-16" else "surrogateescape"
    with io.TextIOWrapper(source, encoding=encoding, errors=errors, newline="") as text:
        while line := text.readline(_MAX_LINE):
            yield line


def _split(line: str, delimiter: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []
    return [cell.strip() for cell in cells]


def _delimiter(header: str) -> str:
    """The delimiter that finds most needed columns, then most columns, in the header."""

    def rank(delimiter: str) -> tuple[int, int]:
        cells = _split(header, delimiter)
        return (3 if is_shopify(cells) else known_columns(cells), len(cells))

    return max(_DELIMITERS, key=rank)


def _rows(lines: Iterator[str], delimiter: str, names: tuple[str, ...]) -> Iterator[RawRow]:
    """One raw row a record; a record that cannot be split is a problem and reading goes on."""
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    while True:
        line = reader.line_num + 2
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"cannot be split into cells ({error}); check its quotes"
            yield RawRow(line=line, problem=problem)
            continue
        if any(cell.strip() for cell in cells):
            yield _row(cells, names, line)


def _row(cells: list[str], names: tuple[str, ...], line: int) -> RawRow:
    values: dict[str, tuple[str, ...]] = {}
    for name, cell in zip(names, cells, strict=False):
        if cell.strip():
            values[name] = (*values.get(name, ()), cell.strip())
    extra = [cell for cell in cells[len(names) :] if cell.strip()]
    if not extra:
        return RawRow(line=line, values=values)
    problem = f"has {len(cells)} cells where the header has {len(names)}; quote the delimiter"
    return RawRow(line=line, values=values, problem=problem, excerpt=extra[0])
