"""`kirakat simulate`: experiments whose truth is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from kirakat.clock import SystemClock

if TYPE_CHECKING:
    from kirakat.simulate.phases.personalise import Personalisation
    from kirakat.simulate.phases.settings import Domain, Phases

app = typer.Typer(no_args_is_help=True, help="Experiments with shoppers whose tastes are known.")
NOTE = (
    "These shoppers are simulated, and their true reactions are known: this page validates the "
    "estimators, not the paper. The effects of phases I and II were put in; what LinUCB gains in "
    "phase III was found by running it."
)
LIFTS = (0.05, 0.15, 0.40)


@app.callback()
def _group() -> None:
    """Keep the commands subcommands."""


@app.command()
def phases(
    out: Annotated[Path, typer.Option("--out", help="Folder for logs and report.")],
    settings: Annotated[
        Path | None, typer.Option("--settings", help="TOML instead of the shipped phases.toml.")
    ] = None,
    scale: Annotated[
        float, typer.Option("--scale", min=0.001, help="Users, relative to the settings.")
    ] = 1.0,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same logs.")] = 1,
) -> None:
    """Simulate the paper's three phases, and read them back with the report that you would get.

    Writes OUT/phase-1 to phase-3 (definition, event log, truth) and OUT/report. The report
    validates the estimators, not the paper.

    Example: kirakat simulate phases --out out/phases --scale 0.2
    """
    from kirakat.cli.experiment_report import show
    from kirakat.experiments.report import build_report
    from kirakat.experiments.report_source import study_of_folder
    from kirakat.simulate.phases.effects import PHASE_NAMES
    from kirakat.simulate.phases.settings import PHASES, load_phases
    from kirakat.simulate.phases.simulate_phase import simulate_phase

    believed = _scaled(load_phases(settings or PHASES), scale)
    with Console(stderr=True).status("") as status:
        learned = _learn(believed.domains, seed, status.update)
        studies = []
        for name in PHASE_NAMES:
            status.update(f"{name}: shoppers come and click")
            simulate_phase(believed, name, learned, out / name, seed)
            status.update(f"{name}: reading its log")
            studies.append(study_of_folder(out / name, now=believed.end))
        status.update("drawing the report")
        title = "The three phases, simulated"
        built = build_report(studies, title=title, made_at=SystemClock().now(), notes=[NOTE])
        show(built, out / "report")


@app.command()
def ablation(
    users: Annotated[
        int, typer.Option("--users", min=100, help="Of each variant in each domain.")
    ] = 400_000,
    settings: Annotated[
        Path | None, typer.Option("--settings", help="TOML instead of the shipped phases.toml.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same numbers.")] = 1,
) -> None:
    """Print what each part adds alone, in each domain: truth and estimate.

    Example: kirakat simulate ablation
    """
    from kirakat.experiments.report_words import lift, limits, percent
    from kirakat.simulate.phases.ablation import PARTS, ablate
    from kirakat.simulate.phases.settings import PHASES, load_phases

    domains = load_phases(settings or PHASES).domains
    with Console(stderr=True).status("") as status:
        learned = _learn(domains, seed, status.update)
        status.update("shoppers click")
        rows = ablate(domains, learned, seed=seed, users=users)
    table = Table("part", "against", *(domain.name for domain in domains))
    for part in PARTS:
        cells = [
            f"{percent(row.truth)}\n{lift(row.found)} ({limits(row.found)})"
            for row in rows
            if row.part == part
        ]
        table.add_row(part.name, part.control, *cells)
    table.caption = "First line: the truth. Second line: the estimate with its 95 % interval."
    Console(width=160).print(table)


@app.command()
def small(
    runs: Annotated[int, typer.Option("--runs", min=10, help="Simulated tests of each kind.")] = (
        1_000
    ),
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same numbers.")] = 1,
) -> None:
    """Print what a test of 10,000 impressions a treatment can find.

    Example: kirakat simulate small --runs 200
    """
    from kirakat.simulate.phases.small_test import small_test

    table = Table("click rate", "found 4 times in 5", *(f"finds {x:+.0%}" for x in LIFTS),
                  *(f"{x:+.0%} needs" for x in LIFTS))  # fmt: skip
    for ctr in (0.0045, 0.01, 0.02, 0.05):
        found = small_test(ctr, LIFTS, seed=seed, runs=runs)
        least = found.detectable
        table.add_row(
            f"{ctr:.2%}",
            f"{least:+.0%}" if isinstance(least, float) else least.reason,
            *(
                f"{planned:.0%} (simulated {simulated:.0%})"
                for (_, planned), (_, simulated) in zip(found.planned, found.simulated, strict=True)
            ),
            *(f"{size:,.0f}" for _, size in found.needed),
        )
    table.caption = "Impressions of a treatment; two-sided 5 %, power 80 %."
    Console(width=160).print(table)


def _scaled(believed: Phases, scale: float) -> Phases:
    domains = (
        replace(domain, users=max(round(domain.users * scale), 50)) for domain in believed.domains
    )
    return replace(believed, domains=tuple(domains))


def _learn(
    domains: tuple[Domain, ...], seed: int, say: Callable[[str], None]
) -> Mapping[str, Personalisation]:
    """Run the bandit for each domain."""
    from kirakat.simulate.phases.personalise import personalise

    learned = {}
    for number, domain in enumerate(domains):
        say(f"LinUCB learns the shoppers of {domain.name} ({number + 1} of {len(domains)})")
        learned[domain.name] = personalise(domain, seed + number)
    return learned
