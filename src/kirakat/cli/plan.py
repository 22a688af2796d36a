"""`kirakat plan`: what a feed's pictures will cost, before one is made."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from kirakat.catalog.read_feed import read_feed
from kirakat.cli.options import (
    DEFAULT_PLACEMENTS,
    GeneratorName,
    JsonOutput,
    PlacementNames,
    PromptsPerOffer,
    TreatmentNames,
    make_placements,
    parse_treatments,
)
from kirakat.cost.break_even import break_even
from kirakat.cost.count_work import Wishes, WorkCounts, count_work
from kirakat.cost.curve import cost_curve, draw_curve
from kirakat.cost.measured_run import MeasuredRun, calibrated, compare, read_run
from kirakat.cost.plan import Assumptions, Plan, make_plan
from kirakat.cost.tables import Prices, Timings, load_prices, load_timings, timings_of
from kirakat.cost.waiting import wait
from kirakat.errors import CostError
from kirakat.files import write_whole
from kirakat.prompts.pool import load_pools
from kirakat.settings import Settings, load_settings
from kirakat.types import Rejection

# Long side at which generators draw where nothing else is known of them.
_NATIVE = {"sdxl": 1024}
_DEFAULT_NATIVE = 512


def plan(
    feed: Annotated[Path, typer.Argument(help="The feed, as for `kirakat run`.")],
    placements: PlacementNames = DEFAULT_PLACEMENTS,
    prompts: PromptsPerOffer = 3,
    treatments: TreatmentNames = "positioned,generated",
    generator: GeneratorName = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Machines side by side.")] = 1,
    impressions: Annotated[
        float, typer.Option("--impressions", min=0, help="Impressions a day of the whole feed.")
    ] = 0.0,
    ctr: Annotated[float, typer.Option("--ctr", min=0, max=1, help="Their click rate now.")] = 0.01,
    click_value: Annotated[
        float, typer.Option("--click-value", min=0, help="What a click is worth, such as a CPC.")
    ] = 0.0,
    lift: Annotated[
        float, typer.Option("--lift", help="Relative lift of the click rate that is hoped for.")
    ] = 0.15,
    reviewed: Annotated[
        float, typer.Option("--reviewed", min=0, max=1, help="Share that people look at.")
    ] = 0.0,
    prices: Annotated[
        Path | None, typer.Option("--prices", help="Your prices; default: the shipped prices.toml.")
    ] = None,
    timings: Annotated[
        Path | None, typer.Option("--timings", help="Your timings; default: the shipped ones.")
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option("--calibrate", help="manifest.jsonl of a run: its timings are used."),
    ] = None,
    actual: Annotated[
        Path | None,
        typer.Option("--actual", help="manifest.jsonl of this feed's run: planned against actual."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for plan.json and cost.png.")
    ] = None,
    as_json: JsonOutput = False,
) -> None:
    """Say what a feed's pictures will cost and when they will be ready; nothing is generated.

    Example: kirakat plan products.xml --placements 300x250,1080x1080 --prompts-per-offer 3
    --workers 4 --impressions 200000 --click-value 0.3
    """
    settings = load_settings()
    name = generator or settings.generator
    wishes = Wishes(
        placements=make_placements(placements, None, settings),
        treatments=parse_treatments(treatments),
        prompts=prompts,
        native_size=_NATIVE.get(name, _DEFAULT_NATIVE),
    )
    counts = _count(feed, settings, wishes)
    seconds, run = _timings(name, timings, calibrate)
    assumed = Assumptions(workers=workers, reviewed=reviewed)
    if run is not None:
        assumed = Assumptions(
            workers=workers, reviewed=reviewed, image_bytes=run.bytes / run.creatives,
            retries=run.redrawn / run.renders if run.renders else 0.0,
        )  # fmt: skip
    price_table = load_prices(prices)
    made = make_plan(counts, seconds, price_table, assumed)
    console = Console(stderr=as_json)
    _show(console, made)
    if impressions:
        _show_waiting(console, made, impressions)
    if click_value:
        _show_break_even(console, made, click_value, lift, impressions * ctr)
    if actual is not None:
        _show_actual(console, made, read_run(actual))
    if out is not None:
        _write(out, made, seconds, price_table, assumed, console)
    if as_json:
        typer.echo(json.dumps(_plain(made)))


def _count(feed: Path, settings: Settings, wishes: Wishes) -> WorkCounts:
    console = Console(stderr=True)
    broken = 0

    def reject(_: Rejection) -> None:
        nonlocal broken
        broken += 1

    pools = load_pools(Path(settings.prompts) if settings.prompts else None)
    offers = read_feed(feed, merchant_id=settings.merchant_id, reject=reject)
    with console.status("reading the feed"):
        counts = count_work(offers, pools, wishes)
    if broken:
        console.print(f"[yellow]{broken} rows could not be read; they are not in the plan[/]")
    if not counts.offers:
        raise CostError(f"{feed}: no offer in it")
    return counts


def _timings(
    name: str, path: Path | None, manifest: Path | None
) -> tuple[Timings, MeasuredRun | None]:
    timings = timings_of(name, load_timings(path))
    if manifest is None:
        return timings, None
    run = read_run(manifest)
    return calibrated(timings, run), run


def _show(console: Console, made: Plan) -> None:
    counts = made.counts
    console.print(
        f"{counts.offers:,} offers, {counts.images:,} images, {counts.renders:,} renders, "
        f"{counts.finished:,} creatives; {made.gigabytes:.2f} GB"
    )
    table = Table("step", "how many", "machine hours", made.currency)
    for line in made.lines:
        table.add_row(line.name, f"{line.count:,.0f}", _number(line.machine_hours),
                      _number(line.price))  # fmt: skip
    table.add_row("all", "", _number(made.machine_hours), _number(made.price), style="bold")
    console.print(table)
    savings = Table("without", "machine hours more", f"{made.currency} more", "times as dear")
    for saving in made.savings:
        savings.add_row(saving.name, _number(saving.machine_hours), _number(saving.price),
                        f"{saving.factor:.2f}")  # fmt: skip
    console.print(savings)
    console.print(f"ready in {_hours(made.hours)} on {made.workers} x {made.machine}")
    if not made.measured:
        console.print(f"[yellow]These timings are not measured[/] ({made.source})")
    if counts.without_prompt:
        console.print(f"[yellow]{counts.without_prompt:,} offers have no prompt that suits[/]")


def _show_waiting(console: Console, made: Plan, impressions: float) -> None:
    found = wait(offers=made.counts.offers, hours=made.hours, impressions_a_day=impressions)
    console.print(
        f"half of the impressions can show a creative after {_hours(found.half)}, all after "
        f"{_hours(found.whole)}; about {found.originals:,.0f} are served with the original "
        f"meanwhile ({found.originals_in_feed_order:,.0f} in the order of the feed)"
    )


def _show_break_even(
    console: Console, made: Plan, value: float, lift: float, clicks_a_day: float
) -> None:
    found = break_even(
        price=made.price, click_value=value, lift=lift, clicks_a_day=clicks_a_day or None
    )
    after = f", {found.days:.1f} days" if found.days is not None else ""
    console.print(
        f"paid for after {found.clicks:,.0f} clicks at the present rate{after} "
        f"({found.additional:,.0f} additional ones; clicks = price / (value x lift))"
    )


def _show_actual(console: Console, made: Plan, run: MeasuredRun) -> None:
    table = Table("", "planned", "actual", "actual / planned")
    for row in compare(made, run):
        ratio = f"{row.ratio:.2f}" if row.ratio is not None else "-"
        table.add_row(row.name, _number(row.planned), _number(row.actual), ratio)
    console.print(table)
    if run.timed < run.creatives:
        console.print(f"{run.creatives - run.timed:,} creatives came from a cache: no seconds")


def _write(
    out: Path, made: Plan, timings: Timings, prices: Prices, assumed: Assumptions, console: Console
) -> None:
    points = cost_curve(made.counts, timings, prices, assumed)
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**_plain(made), "curve": [asdict(point) for point in points]}, indent=2)
    write_whole(out / "plan.json", text.encode())
    write_whole(out / "cost.png", draw_curve(points, prices.currency))
    console.print(f"written: {out / 'plan.json'}, {out / 'cost.png'}", highlight=False)


def _plain(made: Plan) -> dict[str, object]:
    return {**asdict(made), "machine_hours": made.machine_hours, "price": made.price,
            "hours": made.hours}  # fmt: skip


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _hours(hours: float) -> str:
    if hours >= 48:
        return f"{hours / 24:.1f} days"
    return f"{hours:.1f} hours" if hours >= 1 else f"{hours * 60:.1f} minutes"
