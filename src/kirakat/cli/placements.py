"""`kirakat placements`: which placements there are and how each is made."""

from __future__ import annotations

import json
from math import gcd
from pathlib import Path
from typing import Annotated

import typer

from kirakat.imaging.buckets import assign_buckets
from kirakat.imaging.placements import load_placements
from kirakat.types import Placement

app = typer.Typer(help="The positions in which ads are shown.", no_args_is_help=True)


@app.callback()
def placements() -> None:
    """The positions in which ads are shown."""


@app.command("list")
def list_placements(
    *,
    extra: Annotated[
        Path | None, typer.Option(help="TOML file with placements of your own.")
    ] = None,
    native_size: Annotated[
        int, typer.Option(help="Long side, in pixels, at which the model draws.")
    ] = 512,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List all placements, their limits and the generated picture that they are cut from."""
    rows = describe_placements(list(load_placements(extra).values()), native_size)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    else:
        _show_table(rows)


def describe_placements(
    listed: list[Placement], native_size: int
) -> list[dict[str, str | int | None]]:
    """One row a placement: name, size, ratio, making, cap, format and shared bucket."""
    bucket_of = {
        placement: bucket.name
        for bucket, served in assign_buckets(listed, native_size=native_size).items()
        for placement in served
    }
    return [
        {
            "name": placement.name,
            "width": placement.width,
            "height": placement.height,
            "ratio": _ratio(placement),
            "making": "tile" if placement.is_tile else "diffused",
            "max_bytes": placement.max_bytes,
            "format": placement.format,
            "bucket": bucket_of.get(placement),
        }
        for placement in listed
    ]


def _ratio(placement: Placement) -> str:
    """As small whole numbers where there are any, else as a decimal."""
    divisor = gcd(placement.width, placement.height)
    width, height = placement.width // divisor, placement.height // divisor
    return f"{width}:{height}" if max(width, height) <= 16 else f"{placement.ratio:.2f}:1"


def _show_table(rows: list[dict[str, str | int | None]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "size", "ratio", "making", "format", "cap", "bucket")
    for row in rows:
        table.add_row(
            str(row["name"]),
            f"{row['width']} x {row['height']}",
            str(row["ratio"]),
            str(row["making"]),
            str(row["format"]),
            f"{int(row['max_bytes'] or 0) // 1000} kB",
            str(row["bucket"] or "-"),
        )
    Console().print(table)
