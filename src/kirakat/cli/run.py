"""`kirakat run`: a whole feed becomes creatives."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from kirakat.cli.conclude import conclude, interrupted
from kirakat.cli.enqueue_feed import enqueue_feed
from kirakat.cli.open_studio import open_studio, recipe_for
from kirakat.cli.options import (
    DEFAULT_PLACEMENTS,
    FormatName,
    GeneratorName,
    JsonOutput,
    PlacementNames,
    PromptsPerOffer,
    TreatmentNames,
    make_placements,
    parse_treatments,
)
from kirakat.cli.produce_feed import Feed, produce_feed
from kirakat.cli.ray_feed import RayDone, work_on_ray
from kirakat.errors import SettingsError
from kirakat.output.run_folder import RunFolder
from kirakat.output.summary import RunInfo
from kirakat.pipeline.orders import Order
from kirakat.settings import Settings, load_settings


def run(
    feed: Annotated[
        Path,
        typer.Argument(
            help="A Merchant Center feed (XML, TSV, CSV), a Shopify export or JSON lines."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder for everything that is made; not with --engine or --ray."
        ),
    ] = None,
    placements: PlacementNames = DEFAULT_PLACEMENTS,
    prompts_per_offer: PromptsPerOffer = 3,
    treatments: TreatmentNames = "positioned,generated",
    generator: GeneratorName = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Only the first offers of the feed.")
    ] = None,
    image_format: FormatName = None,
    base_url: Annotated[
        str,
        typer.Option("--base-url", help="Where OUT will be published: links of the Merchant feed."),
    ] = "",
    as_json: JsonOutput = False,
    engine: Annotated[
        bool,
        typer.Option("--engine", help="Only put it on the queue, for `kirakat worker` to make."),
    ] = False,
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            metavar="ADDRESS",
            help="Make it on a Ray cluster, into the store: local, auto or an address.",
        ),
    ] = None,
    ray_actors: Annotated[
        int, typer.Option("--ray-actors", min=0, help="Studios at a time; 0: one for each GPU.")
    ] = 0,
) -> None:
    """Make creatives for every offer of a feed.

    Finished work is cached: after Ctrl-C, or when the feed has changed, the same command goes
    on where it stopped and makes only what is missing.

    Example: kirakat run products.xml --out creatives --placements 300x250,1080x1080
    """
    settings = load_settings()
    name = generator or settings.generator
    with open_studio(settings, base=feed.parent, generator=name) as studio:
        order = Order(
            placements=make_placements(placements, image_format, settings),
            treatments=parse_treatments(treatments),
            prompts_per_offer=prompts_per_offer,
            recipe=recipe_for(studio, name),
        )
        info = RunInfo(
            recipe=order.recipe,
            generator=studio.generator_info.name,
            command=" ".join(["kirakat", *sys.argv[1:]]),
        )
        wanted = Feed(path=feed, merchant_id=settings.merchant_id, limit=limit)
        if engine or ray:
            typer.echo(str(enqueue_feed(wanted, order, studio, settings)))
            if ray:
                typer.echo(str(_on_ray(settings, feed, address=ray, actors=ray_actors)))
            return
        if out is None:
            raise SettingsError("say where to: --out FOLDER")
        folder = RunFolder(out, info, base_url=base_url)
        try:
            paths = produce_feed(wanted, order, studio, folder, as_json=as_json)
        except KeyboardInterrupt:
            raise interrupted(out) from None
    conclude(paths, as_json=as_json)


def _on_ray(settings: Settings, feed: Path, *, address: str, actors: int) -> RayDone:
    return work_on_ray(
        settings, settings.merchant_id, base=feed.parent, address=address, actors=actors
    )
