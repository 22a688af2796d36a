"""`kirakat demo`: the main job on the sample catalogue that ships with Kirakat, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kirakat.cli.open_studio import assets_folder
from kirakat.cli.options import GeneratorName
from kirakat.cli.run import run

_PLACEMENTS = "1080x1080,1200x628,300x600,728x90"


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for everything that is made.")] = Path(
        "out/demo"
    ),
    generator: GeneratorName = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="Products, of the eighteen that ship.")
    ] = 14,
) -> None:
    """Make creatives for the sample catalogue: the same as `kirakat run` on its feed.

    Needs no network and no GPU; a second run answers from the cache.
    """
    run(
        assets_folder() / "catalog" / "feed.tsv",
        out,
        placements=_PLACEMENTS,
        prompts_per_offer=2,
        generator=generator,
        limit=limit,
    )
