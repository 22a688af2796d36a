"""`kirakat prompts`: list the pools, check them, and see the texts for a feed's offers."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kirakat.catalog.read_feed import read_feed
from kirakat.cli import store_prompts
from kirakat.errors import KirakatError
from kirakat.prompts.category import CategoryMatch, category_of
from kirakat.prompts.lint import Finding, lint_pools
from kirakat.prompts.pool import Pools, load_pools
from kirakat.prompts.render import render_prompt
from kirakat.types import Offer, Prompt, Rejection

app = typer.Typer(no_args_is_help=True, help="The prompt pools of the categories.")
for _command in (
    store_prompts.put,
    store_prompts.pause,
    store_prompts.resume,
    store_prompts.retire,
    store_prompts.schedule,
):
    app.command()(_command)

PoolsOption = Annotated[
    Path | None, typer.Option("--pools", help="Folder of pools instead of the shipped ones.")
]
CategoryOption = Annotated[str | None, typer.Option("--category", help="Only this category.")]


@app.command("list")
def list_prompts(
    category: CategoryOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
    folder: PoolsOption = None,
    store: Annotated[
        bool,
        typer.Option("--store", help="As the store has them, with what was paused or planned."),
    ] = False,
    merchant: store_prompts.Merchant = None,
) -> None:
    """Show every prompt with its scene and what it is for."""
    if store:
        store_prompts.print_stored(category, merchant)
        return
    pools = load_pools(folder)
    prompts = [p for p in pools if category is None or p.category == category]
    if not prompts:
        raise typer.BadParameter(
            f"no pool {category}; the pools are: {', '.join(pools.categories)}"
        )
    if as_json:
        typer.echo(json.dumps([_as_json(prompt) for prompt in prompts], indent=2))
        return
    table = Table("prompt", "surfaces", "lightings", "palettes", "why")
    for prompt in prompts:
        query = prompt.scene
        sets = (query.surfaces, query.lightings, query.palettes)
        table.add_row(prompt.arm, *(", ".join(sorted(terms)) for terms in sets), escape(prompt.why))
    Console().print(table)


@app.command()
def lint(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of pools; the shipped ones when left out.")
    ] = None,
) -> None:
    """Check pools for unknown words, long texts, claims and look-alikes; exit 1 on errors."""
    findings = lint_pools(load_pools(folder))
    if findings:
        Console().print(_findings_table(findings))
    errors = sum(finding.level == "error" for finding in findings)
    typer.echo(f"{errors} errors, {len(findings) - errors} warnings")
    if errors:
        raise typer.Exit(1)


@app.command()
def preview(
    feed: Annotated[Path | None, typer.Argument(help="A product feed.")] = None,
    title: Annotated[str | None, typer.Option(help="A title instead of a feed.")] = None,
    color: Annotated[str, typer.Option(help="With --title: the colour.")] = "",
    material: Annotated[str, typer.Option(help="With --title: the material.")] = "",
    category: Annotated[
        str | None, typer.Option("--category", help="Use this pool for every offer.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most offers of the feed to show.")] = 5,
    folder: PoolsOption = None,
) -> None:
    """Show the texts that offers would be rendered with."""
    if (feed is None) == (title is None):
        raise typer.BadParameter("give a feed or --title, one of them")
    pools = load_pools(folder)
    if category is not None and category not in pools.categories:
        raise typer.BadParameter(
            f"no pool {category}; the pools are: {', '.join(pools.categories)}"
        )
    if title is not None:
        offer = Offer(
            offer_id="title", merchant_id="preview", title=title, image_link="-",
            color=color, material=material,
        )  # fmt: skip
        _print_texts(offer, pools, category)
    elif feed is not None:
        _preview_feed(feed, pools, category, limit)


def _preview_feed(feed: Path, pools: Pools, category: str | None, limit: int) -> None:
    rejected: list[Rejection] = []
    offers = read_feed(feed, merchant_id="preview", reject=rejected.append)
    for offer in islice(offers, limit):
        _print_texts(offer, pools, category)
    for item in rejected:
        typer.echo(f"row {item.line}: {item.field} {item.reason}: {item.value}", err=True)


def _print_texts(offer: Offer, pools: Pools, category: str | None) -> None:
    found = CategoryMatch(category, "default") if category else category_of(offer, pools.categories)
    how = "as asked" if category else f"by {found.how}"
    table = Table("prompt", "text", title=escape(f"{offer.offer_id}: {found.category} ({how})"))
    for prompt in pools.for_category(found.category):
        table.add_row(prompt.arm, escape(_text(prompt, offer)))
    Console().print(table)


def _text(prompt: Prompt, offer: Offer) -> str:
    """The rendered text, or why there is none."""
    try:
        return render_prompt(prompt, offer).text
    except KirakatError as error:
        return f"error: {error}"


def _findings_table(findings: list[Finding]) -> Table:
    table = Table("level", "pool", "prompt", "message")
    for finding in findings:
        cells = (finding.level, finding.pool, finding.prompt_id, finding.message)
        table.add_row(*(escape(cell) for cell in cells))
    return table


def _as_json(prompt: Prompt) -> dict[str, object]:
    query = prompt.scene
    return {
        "id": prompt.prompt_id,
        "version": prompt.version,
        "category": prompt.category,
        "template": prompt.template,
        "negative": prompt.negative,
        "tags": list(prompt.tags),
        "why": prompt.why,
        "scene": {
            "surfaces": sorted(query.surfaces),
            "lightings": sorted(query.lightings),
            "palettes": sorted(query.palettes),
            "tags": sorted(query.tags),
        },
    }
