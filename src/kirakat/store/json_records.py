"""Frozen records of `kirakat.types` as JSON columns, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from kirakat.errors import StoreError

Record = TypeVar("Record")

_adapters: dict[type[Any], TypeAdapter[Any]] = {}
_fields: dict[type[Any], tuple[str, ...]] = {}


def to_json(record: object) -> dict[str, Any]:
    """A record as JSON values: tuples become lists, sets sorted lists.

    Infinite and NaN numbers are not legal JSON; the database's serializer refuses them.
    """
    plain: dict[str, Any] = _plain(record)
    return plain


def from_json(kind: type[Record], values: Mapping[str, Any]) -> Record:
    """The record that `to_json` was given; raises `StoreError` when a row holds no such record."""
    try:
        record: Record = _adapter(kind).validate_python(dict(values))
    except ValidationError as error:
        raise StoreError(f"a row holds no {kind.__name__}: {error}") from error
    return record


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """The kind's adapter, built once: that takes a millisecond."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


# Values that are JSON already.
_SCALARS = frozenset({str, int, float, bool, type(None)})


def _plain(value: Any) -> Any:
    if type(value) in _SCALARS:
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(_plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        return {name: _plain(getattr(value, name)) for name in _names(type(value))}
    return value


def _names(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a record, listed once for each kind."""
    if kind not in _fields:
        _fields[kind] = tuple(item.name for item in fields(kind))
    return _fields[kind]
