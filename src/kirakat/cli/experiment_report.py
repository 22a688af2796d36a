"""`kirakat experiment report` and `export`: what came of A/B tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from kirakat.cli.open_store import open_configured_database
from kirakat.clock import SystemClock
from kirakat.errors import SettingsError
from kirakat.settings import load_settings

if TYPE_CHECKING:
    from kirakat.experiments.report_facts import Report, Study
    from kirakat.experiments.state import ExperimentState

Out = Annotated[Path, typer.Option("--out", help="Folder to write to; made when missing.")]
Merchant = Annotated[
    str | None,
    typer.Option("--merchant", help="Whose experiment. Default: the setting `merchant_id`."),
]


def export(
    name: Annotated[str, typer.Argument(help="The experiment's name.")],
    out: Out,
    merchant: Merchant = None,
) -> None:
    """Write an experiment's event log: Parquet, a file a day, one row an impression.

    Can be stopped at any time: the next call goes on with the days that are missing.

    Example: kirakat experiment export phase-1 --out logs/phase-1
    """
    _export(_state(name, merchant), out)


def report(
    experiments: Annotated[
        list[str],
        typer.Argument(help="Names in the database, or folders with a definition and events/."),
    ],
    out: Out,
    log: Annotated[
        Path | None,
        typer.Option("--log", help="Where the event logs of names lie, or are to be exported to."),
    ] = None,
    title: Annotated[str, typer.Option("--title", help="Heading of the page.")] = "",
    merchant: Merchant = None,
) -> None:
    """Report experiments: a page for people, JSON for machines, pictures for slides.

    A name's event log is exported first, to LOG/NAME (default: OUT/events/NAME).

    Examples:

    kirakat experiment report phase-1 --out report

    kirakat experiment report out/phases/phase-1 out/phases/phase-3 --out report
    """
    studies = [_study(item, log or out / "events", merchant) for item in experiments]
    from kirakat.experiments.report import build_report

    names = ", ".join(study.experiment.title or study.experiment.name for study in studies)
    show(build_report(studies, title=title or names, made_at=SystemClock().now()), out)


def show(built: Report, out: Path) -> None:
    """Write a report and say in the terminal what it says."""
    from kirakat.experiments.report_files import write_report
    from kirakat.experiments.report_words import headline

    page = write_report(built, out)[0]
    for item in built.experiments:
        for warning in item.warnings:
            typer.echo(
                f"warning: {item.experiment.name}: {warning.count:,} {warning.message}", err=True
            )
        for pair in item.comparisons:
            typer.echo(headline(pair.headline))
    typer.echo(f"\n{page}")


def _study(source: str, logs: Path, merchant: str | None) -> Study:
    from kirakat.experiments.report_source import study_of_folder, study_of_state

    folder, now = Path(source), SystemClock().now()
    if folder.is_dir():
        return study_of_folder(folder, now=now)
    state = _state(source, merchant)
    _export(state, logs / source)
    return study_of_state(state, logs / source, now=now)


def _state(name: str, merchant: str | None) -> ExperimentState:
    database = open_configured_database()
    from kirakat.experiments.state import read_states

    with database.reading() as connection:
        states = read_states(connection, merchant or load_settings().merchant_id)
    if name not in states:
        known = ", ".join(states) or "none"
        raise SettingsError(f"no experiment and no folder {name}; experiments: {known}")
    return states[name]


def _export(state: ExperimentState, folder: Path) -> None:
    database = open_configured_database()
    from kirakat.experiments.event_log_export import export_days

    console = Console(stderr=True)
    with console.status(f"{state.experiment.name}: reading decisions and events") as status:
        days = rows = 0
        for done in export_days(database, state, folder, now=SystemClock().now()):
            days, rows = days + 1, rows + (done.rows or 0)
            status.update(f"{state.experiment.name}: {done.day}, {rows:,} impressions")
    console.print(f"{folder}: {days} days, {rows:,} impressions written", highlight=False)
