"""JSON lines that survive a stop: every row is one write, flushed at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kirakat.errors import KirakatError


class JsonlWriter:
    """Writes one JSON object a line; a stop loses at most the row being written."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.rows = 0
        # A lone surrogate from a feed becomes \udxxx, which JSON reads back as what it was.
        self._file = path.open("w", encoding="utf-8", newline="\n", errors="backslashreplace")

    def write(self, row: Mapping[str, Any]) -> None:
        """Append a row; NaN and infinity raise `ValueError`, since JSON has neither."""
        self._file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
        self._file.flush()
        self.rows += 1

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file, without a last one that a stop cut off.

    Raises `KirakatError` naming the line when any other line is no JSON object.
    """
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if line.endswith("\n"):
                yield _parse(path, number, line)


def _parse(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise KirakatError(f"{path}:{number}: {error}", path=path, line=number) from error
    if not isinstance(row, dict):
        raise KirakatError(f"{path}:{number}: not a JSON object", path=path, line=number)
    return row
