"""JSON feeds with one object a line, one raw row at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO

from kirakat.catalog.columns import column_names
from kirakat.catalog.raw_row import RawRow

# Bytes; a longer line is rejected without being kept in memory.
_MAX_LINE = 1_000_000


def read_jsonl(source: IO[bytes]) -> Iterator[RawRow]:
    """Raw rows of a JSON-lines feed in UTF-8; a line that is no object is a problem."""
    for line, data in _lines(source):
        if data is None:
            yield RawRow(line=line, problem=f"is longer than {_MAX_LINE} bytes")
        elif data.strip():
            yield _row(line, data)


def _lines(source: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    line = 0
    while data := source.readline(_MAX_LINE):
        line += 1
        if len(data) < _MAX_LINE or data.endswith(b"\n"):
            yield line, data.removeprefix(b"\xef\xbb\xbf") if line == 1 else data
            continue
        while data and not data.endswith(b"\n"):
            data = source.readline(_MAX_LINE)
        yield line, None


def _row(line: int, data: bytes) -> RawRow:
    excerpt = data[:200].decode("utf-8", "backslashreplace")
    try:
        record = json.loads(data)
    except UnicodeDecodeError:
        problem = "has bytes that are not UTF-8; save the feed as UTF-8"
        return RawRow(line=line, problem=problem, excerpt=excerpt)
    except RecursionError:
        return RawRow(line=line, problem="is nested too deeply", excerpt=excerpt)
    except ValueError as error:
        return RawRow(line=line, problem=f"is no JSON ({error})", excerpt=excerpt)
    if not isinstance(record, dict):
        return RawRow(line=line, problem="is no JSON object", excerpt=excerpt)
    return RawRow(line=line, values=_values(record))


def _values(record: dict[str, object]) -> dict[str, tuple[str, ...]]:
    names = column_names(tuple(record))
    values: dict[str, tuple[str, ...]] = {}
    for name, value in zip(names, record.values(), strict=True):
        cells = value if isinstance(value, list) else [value]
        texts = tuple(text for text in (_text(cell) for cell in cells) if text.strip())
        if texts:
            values[name] = (*values.get(name, ()), *texts)
    return values


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and {"value", "currency"} <= value.keys():
        return f"{value['value']} {value['currency']}"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
