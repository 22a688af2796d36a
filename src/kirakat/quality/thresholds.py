"""The gate's limits, read from TOML."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path

from kirakat.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Beyond `review` a person looks at a creative, beyond `reject` nobody is shown it."""

    # 8-bit levels; more is rejected.
    product_difference_reject: float
    # dB; less is reviewed or rejected.
    encoded_psnr_review: float
    encoded_psnr_reject: float
    # Share of the product's area above the segmenter's noise; more is reviewed or rejected.
    expansion_review: float
    expansion_reject: float
    # CIE76; more is reviewed or rejected.
    halo_review: float
    halo_reject: float
    # 0 to 1; less is reviewed or rejected.
    contact_review: float
    contact_reject: float
    # Share of the creative's area; less is reviewed or rejected.
    coverage_review: float
    coverage_reject: float
    # 0 to 1; less is reviewed or rejected.
    mask_confidence_review: float
    mask_confidence_reject: float
    # Share of the product's area; more is reviewed or rejected.
    unsafe_share_review: float
    unsafe_share_reject: float
    # Share of the render; more is reviewed.
    crop_loss_review: float

    @classmethod
    def load(cls, path: Path | None = None) -> Thresholds:
        """The shipped limits, or those of a TOML file that holds the same tables.

        Raises `SettingsError` naming what is missing, unknown or no number.
        """
        source = files("kirakat.quality").joinpath("thresholds.toml") if path is None else path
        try:
            tables = tomllib.loads(source.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"cannot read thresholds from {source}: {error}") from error
        return cls(**_flattened(tables, {field.name for field in fields(cls)}))


def _flattened(tables: dict[str, object], names: set[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for measure, limits in tables.items():
        if not isinstance(limits, dict):
            raise SettingsError(f"thresholds: {measure} must be a table")
        for level, value in limits.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise SettingsError(f"thresholds: {measure}.{level} must be a number")
            found[f"{measure}_{level}"] = float(value)
    for name in sorted(found.keys() ^ names):
        problem = "unknown" if name in found else "missing"
        raise SettingsError(f"thresholds: {problem} limit {name}")
    return found
