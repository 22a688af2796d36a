"""Placements as requests write them: a name, a size, or an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args

import orjson

from kirakat.errors import KirakatError
from kirakat.imaging.placements import parse_placements
from kirakat.types import ImageFormat, Insets, Placement

_FORMATS = frozenset(get_args(ImageFormat))
_SIDES = ("left", "top", "right", "bottom")
_FIELDS = frozenset({"name", "width", "height", "format", "max_bytes", "safe_area"})
_MIN_SIDE, _MAX_SIDE = 32, 4096
_MAX_NAME = 100
_MAX_BYTES = 20_000_000


class PlacementProblemError(KirakatError):
    """The placement is none."""


def placement_problem(value: object) -> str:
    """What is wrong with a placement's shape; empty when nothing is."""
    if isinstance(value, str):
        return "" if _is_name(value) else f"is 1 to {_MAX_NAME} characters"
    if not isinstance(value, dict):
        return "is a name, or an object with width and height"
    unknown = sorted(set(value) - _FIELDS)
    if unknown:
        return f"has no field {str(unknown[0])[:40]!r}"
    return _size_problem(value) or _rest_problem(value)


def placement_text(value: object, defaults: Mapping[str, Any]) -> str:
    """The placement as one text, the same for equal placements; for a name the name."""
    if isinstance(value, str):
        return value
    filled = {**defaults, **cast("dict[str, Any]", value)}
    return orjson.dumps(filled, option=orjson.OPT_SORT_KEYS).decode()


def read_placement(text: str, known: Mapping[str, Placement]) -> Placement:
    """The placement that a text of `placement_text` stands for.

    Raises `KirakatError` for a name that is neither known nor a size such as 640x400.
    """
    if not text.startswith("{"):
        found = parse_placements(text, known)
        if len(found) != 1:
            raise PlacementProblemError(f"{text!r} names several placements")
        return found[0]
    value = orjson.loads(text)
    width, height = value["width"], value["height"]
    named = Placement(name=value.get("name") or f"{width}x{height}", width=width, height=height)
    area = value.get("safe_area")
    return Placement(
        name=named.name,
        width=width,
        height=height,
        safe_area=_insets(area) if area else named.safe_area,
        format=value.get("format") or named.format,
        max_bytes=value.get("max_bytes") or named.max_bytes,
    )


def defaults_problem(value: object) -> str:
    """What is wrong with `placement_defaults`."""
    if not isinstance(value, dict):
        return "is an object"
    if set(value) - {"format", "max_bytes", "safe_area"}:
        return "holds format, max_bytes and safe_area only"
    return _rest_problem(value)


def _size_problem(value: Mapping[str, Any]) -> str:
    for side in ("width", "height"):
        if not _whole(value.get(side), _MIN_SIDE, _MAX_SIDE):
            return f"{side} is a whole number, {_MIN_SIDE} to {_MAX_SIDE}"
    return ""


def _rest_problem(value: Mapping[str, Any]) -> str:
    name, kind, cap = value.get("name"), value.get("format"), value.get("max_bytes")
    if name is not None and not _is_name(name):
        return f"name is 1 to {_MAX_NAME} characters"
    if kind is not None and (not isinstance(kind, str) or kind not in _FORMATS):
        return f"format is one of {', '.join(sorted(_FORMATS))}"
    if cap is not None and not _whole(cap, 1, _MAX_BYTES):
        return f"max_bytes is a whole number, 1 to {_MAX_BYTES}"
    return _area_problem(value.get("safe_area"))


def _area_problem(area: object) -> str:
    if area is None:
        return ""
    if not isinstance(area, dict) or set(area) - set(_SIDES):
        return f"safe_area is an object of {', '.join(_SIDES)}"
    shares = [area.get(side, 0.0) for side in _SIDES]
    if not all(_is_number(share) and 0 <= share < 1 for share in shares):
        return "safe_area holds fractions from 0 to below 1"
    left, top, right, bottom = shares
    return "safe_area leaves nothing free" if max(left + right, top + bottom) >= 1 else ""


def _insets(area: Mapping[str, Any]) -> Insets:
    return Insets(**{side: float(area.get(side, 0.0)) for side in _SIDES})


def _is_name(value: object) -> bool:
    return type(value) is str and 0 < len(value) <= _MAX_NAME and "\x00" not in value


def _whole(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _is_number(value: object) -> bool:
    return type(value) in (int, float)
