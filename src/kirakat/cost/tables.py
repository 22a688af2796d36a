"""The editable tables of a plan: seconds by step, and prices."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any

from kirakat.errors import CostError


@dataclass(frozen=True, kw_only=True)
class Timings:
    """Seconds of one machine for each step."""

    machine: str
    # False: nobody measured it, so every sum is marked as assumed.
    measured: bool
    source: str
    mask: float
    prepare: float
    generate: float
    check: float
    finish: float


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Prices in one currency."""

    currency: str
    # A gigabyte and month.
    storage_month: float
    # A person who looks at one creative.
    review: float
    # An hour, by the machine's name.
    machines: Mapping[str, float]

    def hour(self, machine: str) -> float:
        """The price of an hour. Raises `CostError` for a machine that is not in the table."""
        if machine not in self.machines:
            known = ", ".join(sorted(self.machines))
            raise CostError(f'no price of "{machine}"; put it into [machines] ({known})')
        return self.machines[machine]


def load_timings(path: Path | None = None) -> dict[str, Timings]:
    """Timings by generator, from a file or the shipped one. Raises `CostError`."""
    table = _read(path, "timings.toml")
    return {name: _record(Timings, values, f"[{name}]") for name, values in table.items()}


def load_prices(path: Path | None = None) -> Prices:
    """Prices from a file or the shipped ones. Raises `CostError`."""
    prices: Prices = _record(Prices, _read(path, "prices.toml"), "prices")
    return prices


def timings_of(name: str, known: Mapping[str, Timings]) -> Timings:
    """The timings of a generator. Raises `CostError` saying how to get them."""
    if name not in known:
        raise CostError(
            f"no timings of generator {name}; run a few offers with it and hand in their manifest: "
            "--calibrate OUT/manifest.jsonl"
        )
    return known[name]


def _read(path: Path | None, shipped: str) -> dict[str, Any]:
    try:
        if path is not None:
            return tomllib.loads(path.read_text(encoding="utf-8"))
        return tomllib.loads(resources.files("kirakat.cost").joinpath(shipped).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CostError(f"{path}: {error}") from error


def _record(kind: type[Any], values: Any, where: str) -> Any:
    names = {field.name for field in fields(kind)}
    given = set(values) if isinstance(values, Mapping) else set()
    if given != names:
        wrong = sorted(given ^ names)
        raise CostError(f"{where}: missing or unknown entries: {', '.join(wrong)}")
    numbers = [_walk(value) for value in values.values()]
    if not all(numbers):
        raise CostError(f"{where}: seconds and prices are numbers from 0")
    return kind(**values)


def _walk(value: object) -> bool:
    """Whether every number in a value is one that can be a price or a duration."""
    if isinstance(value, Mapping):
        return all(_walk(item) for item in value.values())
    return not isinstance(value, int | float) or 0 <= value < float("inf")
