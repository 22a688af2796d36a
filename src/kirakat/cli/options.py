"""Options that several commands share, and what they are made into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from kirakat.errors import SettingsError
from kirakat.imaging.placements import load_placements, parse_placements
from kirakat.settings import Settings
from kirakat.types import ImageFormat, Placement, Treatment

Choice = TypeVar("Choice", bound=str)

DEFAULT_PLACEMENTS = "1080x1080,1200x628,300x600,300x250,728x90"
_TREATMENTS: tuple[Treatment, ...] = ("original", "positioned", "generated")
_FORMATS: tuple[ImageFormat, ...] = ("jpeg", "webp", "avif", "png")

PlacementNames = Annotated[
    str,
    typer.Option(
        "--placements",
        help="Comma-separated names or sizes; see `kirakat placements list`.",
        show_default=True,
    ),
]
PromptsPerOffer = Annotated[
    int, typer.Option("--prompts-per-offer", min=1, help="Backgrounds for every product.")
]
TreatmentNames = Annotated[
    str,
    typer.Option("--treatments", help="Some of original, positioned, generated."),
]
GeneratorName = Annotated[
    str | None,
    typer.Option(
        "--generator",
        help="tiny (shipped), sd15, sdxl, or the path of a diffusers checkpoint. "
        "Default: the setting `generator`.",
    ),
]
FormatName = Annotated[
    str | None,
    typer.Option("--format", help="jpeg, webp, avif or png, instead of each placement's own."),
]
JsonOutput = Annotated[
    bool, typer.Option("--json", help="One JSON object a line on standard output, for machines.")
]


def choose(option: str, value: str, allowed: Sequence[Choice]) -> Choice:
    """`value` as one of `allowed`; raises `SettingsError` naming the option otherwise."""
    for item in allowed:
        if value == item:
            return item
    raise SettingsError(f"{option} {value}: must be one of {', '.join(allowed)}")


def make_placements(
    names: str, image_format: str | None, settings: Settings
) -> tuple[Placement, ...]:
    """The placements of a comma-separated list, in the wanted format."""
    known = load_placements(Path(settings.placements) if settings.placements else None)
    placements = parse_placements(names, known)
    if image_format is None:
        return placements
    chosen = choose("--format", image_format, _FORMATS)
    return tuple(replace(item, format=chosen) for item in placements)


def parse_treatments(names: str) -> frozenset[Treatment]:
    """The treatments of a comma-separated list."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    return frozenset(choose("--treatments", name, _TREATMENTS) for name in wanted)
