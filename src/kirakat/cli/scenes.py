"""`kirakat scenes`: what pictures start from, and which prompts find no scene of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from kirakat.cli.open_studio import find_scenes
from kirakat.prompts.pool import load_pools
from kirakat.scenes.choose import asked_of
from kirakat.scenes.gaps import Gap, find_gaps
from kirakat.settings import Settings
from kirakat.types import Scene

app = typer.Typer(no_args_is_help=True, help="The environments that pictures start from.")

_Folder = Annotated[
    Path | None,
    typer.Option("--folder", help="Folder of further scenes; default: the setting `scenes`."),
]
_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def scenes() -> None:
    """The environments that pictures start from."""


@app.command("list")
def list_scenes(
    *,
    view: Annotated[
        str, typer.Option(help="Only those for products that are standing, lying or hanging.")
    ] = "",
    folder: _Folder = None,
    sheet: Annotated[
        Path | None, typer.Option(help="Write a JPEG that shows all of them, too.")
    ] = None,
    as_json: _AsJson = False,
) -> None:
    """List all scenes: the shipped ones and those of a folder, whose descriptions are checked.

    Example: kirakat scenes list --view lying --sheet lying.jpg
    """
    chosen = [scene for scene in _find(folder) if not view or view in scene.views]
    if not chosen:
        raise typer.BadParameter(f"no scene for {view}; say standing, lying or hanging")
    if sheet is not None:
        from kirakat.output.scene_sheet import write_scene_sheet

        write_scene_sheet(chosen, sheet)
    if as_json:
        typer.echo(json.dumps([_as_record(scene) for scene in chosen], indent=2))
        return
    table = Table("scene", "views", "surface", "palette", "lighting", "categories")
    for scene in chosen:
        views, categories = (", ".join(sorted(n)) for n in (scene.views, scene.categories))
        look = (scene.surface, scene.palette, scene.lighting)
        table.add_row(scene.scene_id, views, *look, categories or "any")
    Console().print(table)
    if sheet is not None:
        typer.echo(f"all of them: {sheet}")


@app.command()
def gaps(
    *,
    folder: _Folder = None,
    pools: Annotated[
        Path | None, typer.Option(help="Folder of prompt pools; default: the setting `prompts`.")
    ] = None,
    as_json: _AsJson = False,
) -> None:
    """List prompts for whose surface, palette and lighting no scene is there.

    Such a prompt starts from the nearest scene: what it lacks is worth a photograph or a render.
    """
    own = pools or (Path(named) if (named := Settings().prompts) else None)
    found = find_gaps(load_pools(own), _find(folder))
    if as_json:
        typer.echo(json.dumps([_gap_record(gap) for gap in found], indent=2))
        return
    if not found:
        typer.echo("Every prompt has a scene with the surface, palette and lighting it asks for.")
        return
    table = Table("prompt", "products", "lacks", "nearest scene")
    for gap in found:
        row = _gap_record(gap)
        lacks = (f"{name}: {' or '.join(words)}" for name, words in row["lacks"].items())
        table.add_row(row["prompt"], row["view"], "; ".join(lacks), row["nearest"])
    Console().print(table)


def _find(folder: Path | None) -> tuple[Scene, ...]:
    return find_scenes(Settings() if folder is None else Settings(scenes=str(folder)))


def _as_record(scene: Scene) -> dict[str, Any]:
    return {
        "scene_id": scene.scene_id,
        "picture": str(scene.path),
        "views": sorted(scene.views),
        "surface": scene.surface,
        "palette": scene.palette,
        "lighting": scene.lighting,
        "tags": sorted(scene.tags),
        "categories": sorted(scene.categories),
        "licence": scene.licence,
    }


def _gap_record(gap: Gap) -> dict[str, Any]:
    asked = asked_of(gap.prompt.scene)
    return {
        "prompt": gap.prompt.prompt_id,
        "view": gap.view,
        "lacks": {name: sorted(asked[name]) for name in gap.lacking},
        "nearest": gap.nearest.scene_id,
    }
