"""The standard placements, the user's own, and names of either."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import cast, get_args

from kirakat.errors import SettingsError
from kirakat.types import ImageFormat, Insets, Placement

_FIELDS = frozenset({"width", "height", "safe_area", "format", "max_bytes"})
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})", re.ASCII)
# Sides in pixels: below, no product can be seen; above, no network shows it.
_MIN_SIDE, _MAX_SIDE = 32, 4096
# Ad-hoc sizes up to a 970x250 banner's area get a banner's cap.
_BANNER_AREA = 250_000
_BANNER_BYTES, _LARGE_BYTES = 150_000, 600_000


def load_placements(extra: Path | None = None) -> dict[str, Placement]:
    """All placements by name: the standard ones, then those of the TOML file `extra`.

    A placement in `extra` replaces the standard one of the same name. Raises `SettingsError`
    with the file, the placement and the field when something in `extra` is wrong.
    """
    standard = (files("kirakat.imaging") / "placements.toml").read_text(encoding="utf-8")
    placements = _parse_toml(standard, "placements.toml")
    if extra is not None:
        try:
            text = extra.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"cannot read placements from {extra}: {error}") from error
        placements.update(_parse_toml(text, str(extra)))
    return placements


def parse_placements(names: str, known: Mapping[str, Placement]) -> tuple[Placement, ...]:
    """Placements from a list such as "300x250,story,640x400", in its order, each once.

    A size that is not `known` makes a placement on the spot: jpeg, 6 % safe area, and a cap of
    150 kB for banners and 600 kB above. Raises `SettingsError` for anything else.
    """
    parts = [part.strip() for part in names.split(",") if part.strip()]
    if not parts:
        raise SettingsError("no placement is named")
    return tuple(_named(part, known) for part in dict.fromkeys(parts))


def _named(name: str, known: Mapping[str, Placement]) -> Placement:
    if name in known:
        return known[name]
    size = _SIZE.fullmatch(name)
    if size is None:
        raise SettingsError(
            f'there is no placement "{name}"; give a size such as 640x400 or one of: '
            + ", ".join(known),
            name=name,
        )
    width, height = int(size[1]), int(size[2])
    _check_size(width, height, f'placement "{name}"')
    cap = _BANNER_BYTES if width * height <= _BANNER_AREA else _LARGE_BYTES
    return Placement(name=name, width=width, height=height, max_bytes=cap)


def _parse_toml(text: str, source: str) -> dict[str, Placement]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{source} is no valid TOML: {error}") from error
    tables = document.get("placements")
    if not isinstance(tables, dict) or set(document) != {"placements"}:
        raise SettingsError(f"{source} must hold tables named [placements.NAME] and nothing else")
    return {name: _placement(name, table, source) for name, table in tables.items()}


def _placement(name: str, table: object, source: str) -> Placement:
    where = f'{source}, placement "{name}"'
    if not isinstance(table, dict):
        raise SettingsError(f"{where} must be a table")
    if "," in name or name != name.strip() or not name:
        raise SettingsError(f"{where}: a name has no commas and no spaces around it")
    unknown = sorted(set(table) - _FIELDS)
    if unknown:
        raise SettingsError(
            f"{where}: unknown field {unknown[0]}; there are {', '.join(sorted(_FIELDS))}"
        )
    width, height = _whole(table, "width", where), _whole(table, "height", where)
    _check_size(width, height, where)
    return Placement(
        name=name,
        width=width,
        height=height,
        safe_area=_safe_area(table.get("safe_area", [0.06] * 4), where),
        format=_format(table.get("format", "jpeg"), where),
        max_bytes=_whole(table, "max_bytes", where, default=_BANNER_BYTES),
    )


def _check_size(width: int, height: int, where: str) -> None:
    if not (min(width, height) >= _MIN_SIDE and max(width, height) <= _MAX_SIDE):
        raise SettingsError(f"{where}: sides are {_MIN_SIDE} to {_MAX_SIDE} pixels")


def _whole(table: Mapping[str, object], field: str, where: str, default: int | None = None) -> int:
    value = table.get(field, default)
    if value is None:
        raise SettingsError(f"{where}: {field} is missing")
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise SettingsError(f"{where}: {field} must be a positive whole number, not {value!r}")
    return value


def _format(value: object, where: str) -> ImageFormat:
    formats = get_args(ImageFormat)
    if value not in formats:
        raise SettingsError(f"{where}: format must be one of {', '.join(formats)}, not {value!r}")
    return cast(ImageFormat, value)


def _safe_area(value: object, where: str) -> Insets:
    numbers = value if isinstance(value, list) else []
    valid = len(numbers) == 4 and all(
        isinstance(number, int | float) and not isinstance(number, bool) and 0 <= number < 1
        for number in numbers
    )
    if not valid:
        raise SettingsError(
            f"{where}: safe_area must be four fractions [left, top, right, bottom], not {value!r}"
        )
    left, top, right, bottom = (float(number) for number in numbers)
    if left + right >= 1.0 or top + bottom >= 1.0:
        raise SettingsError(f"{where}: safe_area leaves nothing free")
    return Insets(left=left, top=top, right=right, bottom=bottom)
