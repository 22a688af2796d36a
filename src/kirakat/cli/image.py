"""`kirakat image`: one photo and a prompt in your own words."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from kirakat.catalog.decode_image import decode_image
from kirakat.cli.conclude import conclude
from kirakat.cli.open_studio import open_studio, recipe_for
from kirakat.cli.options import (
    FormatName,
    GeneratorName,
    JsonOutput,
    PlacementNames,
    choose,
    make_placements,
)
from kirakat.cli.produce_feed import tell
from kirakat.errors import ImageFetchError
from kirakat.output.run_folder import RunFolder
from kirakat.output.summary import RunInfo
from kirakat.pipeline.orders import Order
from kirakat.pipeline.produce import produce
from kirakat.prompts.pool import Pools
from kirakat.prompts.scene_words import scene_query
from kirakat.settings import load_settings
from kirakat.types import Offer, Prompt, Recipe, ShadowMode

_SHADOWS: tuple[ShadowMode, ...] = ("generated", "soft", "hard", "floating", "none")
_CATEGORY = "default"


def image(
    photo: Annotated[Path, typer.Argument(help="The product's photo.")],
    prompt: Annotated[
        str,
        typer.Option(
            "--prompt",
            help="What surrounds the product. Words such as marble, wood, linen, sun, beige or "
            "navy choose the scene that the picture starts from.",
        ),
    ],
    placements: PlacementNames = "1080x1080",
    out: Annotated[Path, typer.Option("--out", help="Folder for everything that is made.")] = Path(
        "out/image"
    ),
    title: Annotated[
        str, typer.Option("--title", help="What the product is; default: the file's name.")
    ] = "",
    view: Annotated[
        str,
        typer.Option(
            "--view",
            help="How the photo shows the product: standing, lying (from above) or hanging; "
            "default: estimated from its outline.",
        ),
    ] = "",
    shadow: Annotated[
        str, typer.Option("--shadow", help="soft, hard, floating, none, or generated.")
    ] = "soft",
    strength: Annotated[
        float | None,
        typer.Option("--strength", min=0.05, max=1.0, help="How far to leave the scene."),
    ] = None,
    generator: GeneratorName = None,
    image_format: FormatName = None,
    as_json: JsonOutput = False,
) -> None:
    """Make creatives of one photo.

    Example: kirakat image mug.jpg --prompt "on a wooden table, morning sun, beige wall"
    """
    settings = load_settings()
    name = generator or settings.generator
    if not photo.is_file():
        raise ImageFetchError(f"{photo}: no such file")
    decode_image(photo.read_bytes(), str(photo))
    with open_studio(settings, base=photo.parent, generator=name) as shared:
        studio = replace(shared, pools=Pools(by_category={_CATEGORY: (_prompt(prompt),)}))
        order = Order(
            placements=make_placements(placements, image_format, settings),
            treatments=frozenset({"generated"}),
            prompts_per_offer=1,
            recipe=_adjusted(recipe_for(studio, name), shadow, strength),
        )
        info = RunInfo(
            recipe=order.recipe,
            generator=studio.generator_info.name,
            command=" ".join(["kirakat", *sys.argv[1:]]),
        )
        with RunFolder(out, info) as folder:
            result = produce(_offer(photo, title, view, settings.merchant_id), order, studio)
            folder.add(result)
            tell(result, as_json=as_json)
            paths = folder.finish()
    conclude(paths, as_json=as_json)


def _prompt(text: str) -> Prompt:
    escaped = text.replace("{", "(").replace("}", ")")
    return Prompt(
        prompt_id="own",
        version=1,
        category=_CATEGORY,
        template=f"{{title}}, {escaped}",
        negative="text, logo, watermark, people, hands, second product, blurry, low quality",
        tags=(),
        why="given on the command line",
        scene=scene_query(text),
    )


def _offer(photo: Path, title: str, view: str, merchant_id: str) -> Offer:
    return Offer(
        offer_id=photo.stem,
        merchant_id=merchant_id,
        title=title or photo.stem.replace("-", " ").replace("_", " "),
        image_link=photo.name,
        attributes={"product_view": view} if view else {},
    )


def _adjusted(recipe: Recipe, shadow: str, strength: float | None) -> Recipe:
    sampling = recipe.sampling if strength is None else replace(recipe.sampling, strength=strength)
    return replace(recipe, shadow=choose("--shadow", shadow, _SHADOWS), sampling=sampling)
