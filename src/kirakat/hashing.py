"""One way to turn records into keys: canonical JSON, then SHA-256."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any

import numpy as np

from kirakat.errors import KirakatError


def sha256_bytes(data: bytes) -> str:
    """Hexadecimal SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def sha256_array(array: np.ndarray[Any, Any]) -> str:
    """Hexadecimal SHA-256 of an array's dtype, shape and C-ordered contents."""
    head = f"{array.dtype.str}{array.shape}".encode()
    return hashlib.sha256(head + np.ascontiguousarray(array).tobytes()).hexdigest()


def digest(*parts: object) -> str:
    """Hexadecimal SHA-256 of the canonical JSON of `parts`.

    Records, mappings, sequences, sets, enums and JSON scalars are legal. Equal values give
    equal digests in every process and on every machine; floats are written with `repr`, and
    NaN or infinity raise `KirakatError`, since a key must never depend on them.
    """
    text = json.dumps([plain(part) for part in parts], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def seed_from(hexdigest: str, attempt: int) -> int:
    """A 63-bit seed for one attempt: the same inputs and attempt always give the same seed."""
    return int(digest(hexdigest, attempt)[:16], 16) >> 1


def plain(value: object) -> object:
    """The JSON value that stands for `value` in a digest; raises as `digest` does."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float | np.floating):
        return _plain_float(float(value))
    if isinstance(value, np.integer):
        return int(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(json.dumps(plain(item), sort_keys=True) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, PurePath):
        return value.as_posix()
    raise KirakatError(f"cannot hash a {type(value).__name__}", value=value)


def _plain_float(value: float) -> object:
    if value != value or value in (float("inf"), float("-inf")):
        raise KirakatError("cannot hash NaN or infinity", value=value)
    return f"f:{value!r}"
