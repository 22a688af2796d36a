"""`kirakat experiment`: plan, start, watch and stop A/B tests."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kirakat.cli.experiment_power import power
from kirakat.cli.experiment_recipe import recipe
from kirakat.cli.experiment_report import export, report
from kirakat.cli.open_store import (
    merchant_or_default,
    open_upgraded_database,
)
from kirakat.clock import SystemClock
from kirakat.errors import NotFoundError, SettingsError
from kirakat.settings import load_settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from kirakat.experiments.definition import Experiment
    from kirakat.experiments.state import ExperimentState

app = typer.Typer(
    no_args_is_help=True,
    help="A/B tests: who sees what, and what came of it.\n\n"
    "The way of an experiment: `template phase1 > test.toml`, edit it, `power` for its size, "
    "`create test.toml`, `start`, `status` meanwhile, `stop`, `report`.",
)
app.command("power")(power)
app.command("recipe")(recipe)
app.command("export")(export)
app.command("report")(report)

Name = Annotated[str, typer.Argument(help="The experiment's name.")]
Merchant = Annotated[
    str | None,
    typer.Option("--merchant", help="Whose experiment. Default: the setting `merchant_id`."),
]


@app.command()
def template(
    name: Annotated[str, typer.Argument(help="phase1, phase2, phase3 or aa.")] = "",
) -> None:
    """Print a definition to start from; without a name say which there are.

    Example: kirakat experiment template phase1 > phase-1.toml
    """
    from kirakat.experiments import templates

    if name:
        typer.echo(templates.template(name), nl=False)
        return
    for known, what in templates.TEMPLATES.items():
        typer.echo(f"{known:8}{what}")


@app.command()
def create(
    definition: Annotated[Path, typer.Argument(help="A TOML file; see `template`.")],
    merchant: Merchant = None,
) -> None:
    """Check a definition and enter it. Until it starts, creating it again replaces it.

    Example: kirakat experiment create phase-1.toml
    """
    from kirakat.experiments import change
    from kirakat.experiments.read_definition import load_definition
    from kirakat.store.merchants import ensure_merchant

    experiment = load_definition(definition, merchant_or_default(merchant))
    _check_policies(experiment)
    database, now = open_upgraded_database(), SystemClock().now()
    with database.writing() as connection:
        ensure_merchant(connection, experiment.merchant_id, now=now)
        _check_recipes(connection, experiment)
        change.create(connection, experiment, now=now, actor=_actor())
    typer.echo(f"{experiment.name}: a draft; next: kirakat experiment start {experiment.name}")


@app.command()
def start(name: Name, merchant: Merchant = None) -> None:
    """Begin to assign users. Running services follow within seconds.

    From then on only weights and coverage can change (`reweight`).
    """
    from kirakat.experiments import change

    with open_upgraded_database().writing() as connection:
        state = change.start(
            connection, merchant_or_default(merchant), name, now=SystemClock().now(), actor=_actor()
        )
        for other in _rivals(connection, state):
            typer.echo(
                f"warning: {other} runs as well and changes the same: its users stay out of "
                f"{name}. Give both a [namespace] to divide the users on purpose.",
                err=True,
            )
    typer.echo(f"{name} runs; look at it with: kirakat experiment status {name}")


@app.command()
def stop(
    name: Name,
    merchant: Merchant = None,
    note: Annotated[str, typer.Option("--note", help="Why, for the record.")] = "",
) -> None:
    """End an experiment for good: everybody sees again what they would without it.

    Example: kirakat experiment stop phase-1 --note "planned size reached"
    """
    from kirakat.experiments import change

    with open_upgraded_database().writing() as connection:
        change.stop(
            connection, merchant_or_default(merchant), name, note=note, actor=_actor(),
            now=SystemClock().now(),
        )  # fmt: skip
    typer.echo(f"{name} is stopped; next: kirakat experiment report {name} --out DIR")


@app.command()
def reweight(
    name: Name,
    weights: Annotated[
        str, typer.Option("--weights", help="Such as original=1,generated=3; 0 takes nobody in.")
    ] = "",
    coverage: Annotated[
        float | None, typer.Option("--coverage", help="Share of users that take part.")
    ] = None,
    merchant: Merchant = None,
    note: Annotated[str, typer.Option("--note", help="Why, for the record.")] = "",
) -> None:
    """Change weights or coverage while it runs; nobody moves who need not.

    Example: kirakat experiment reweight phase-1 --coverage 1.0
    """
    from kirakat.experiments import change

    with open_upgraded_database().writing() as connection:
        state = change.reweight(
            connection, merchant_or_default(merchant), name, weights=_read_weights(weights),
            coverage=coverage, now=SystemClock().now(), actor=_actor(), note=note,
        )  # fmt: skip
    typer.echo(_shares(state))


@app.command()
def override(
    name: Name,
    user: Annotated[str, typer.Option("--user", help="The id that requests send.")],
    variant: Annotated[
        str, typer.Option("--variant", help="Which one to see; empty: as the hash says again.")
    ] = "",
    merchant: Merchant = None,
) -> None:
    """Let a tester see one variant. Their impressions do not count in reports.

    Example: kirakat experiment override phase-1 --user anna --variant generated
    """
    from kirakat.experiments import change
    from kirakat.store.pseudonym import pseudonym

    merchant_id, secret = merchant_or_default(merchant), load_settings().pseudonym_secret
    if not secret:
        raise SettingsError(
            "set `pseudonym_secret` (KIRAKAT_PSEUDONYM_SECRET), the same as for the service: "
            "without it nobody can tell who a user is"
        )
    with open_upgraded_database().writing() as connection:
        change.override(
            connection, merchant_id, name, unit=pseudonym(secret, merchant_id, user),
            variant=variant or None, now=SystemClock().now(), actor=_actor(),
        )  # fmt: skip
    typer.echo(f"{user} sees {variant or 'what the hash says'} in {name}")


@app.command()
def status(
    name: Annotated[str, typer.Argument(help="One experiment; left out: all of them.")] = "",
    merchant: Merchant = None,
) -> None:
    """Show experiments, or one with its variants and its history."""
    from kirakat.experiments.state import states_of
    from kirakat.store.experiments import read_entries

    with open_upgraded_database().reading() as connection:
        entries = read_entries(connection, merchant_or_default(merchant), name or None)
    states = states_of(entries)
    if not states:
        typer.echo(f"no experiment {name}".rstrip() + "; `template` shows how to begin")
        raise typer.Exit(1 if name else 0)
    for state in states.values():
        typer.echo(_line(state))
    if name:
        typer.echo(_shares(states[name]))
        for entry in entries:
            note = f"  {entry.note}" if entry.note else ""
            typer.echo(f"{entry.at:%Y-%m-%d %H:%M}  {entry.kind:18}{entry.actor}{note}")


def _line(state: ExperimentState) -> str:
    experiment = state.experiment
    since = f" since {state.started_at:%Y-%m-%d}" if state.status == "running" else ""
    title = f"  {experiment.title}" if experiment.title else ""
    return f"{experiment.name:20}{state.status + since:26}{experiment.primary}{title}"


def _shares(state: ExperimentState) -> str:
    total = sum(state.weights)
    return "\n".join(
        f"  {variant.name:20}{weight / total * state.coverage:7.1%} of users"
        for variant, weight in zip(state.experiment.variants, state.weights, strict=True)
    )


def _rivals(connection: Connection, state: ExperimentState) -> list[str]:
    """Running experiments that change the same, and whose users are not kept apart."""
    from kirakat.experiments.overlap import rivals
    from kirakat.experiments.state import read_states

    states = read_states(connection, state.experiment.merchant_id)
    return rivals(state, states.values())


def _check_recipes(connection: Connection, experiment: Experiment) -> None:
    from kirakat.store.prompt_rows import get_recipe

    for label in sorted({variant.recipe for variant in experiment.variants if variant.recipe}):
        try:
            get_recipe(connection, experiment.merchant_id, label)
        except NotFoundError as error:
            raise SettingsError(
                f"no recipe {label}: enter it with `kirakat experiment recipe {label}`"
            ) from error


def _check_policies(experiment: Experiment) -> None:
    from kirakat.bandit.configuration import load_policies
    from kirakat.bandit.specification import POLICIES

    settings = load_settings()
    policies = load_policies(Path(settings.policies) if settings.policies else None)
    named = {name.rpartition("#")[2] for name in policies.tables if "#" in name}
    for policy in sorted({variant.policy for variant in experiment.variants if variant.policy}):
        if policy not in named and policy not in POLICIES:
            known = ", ".join(sorted(named | set(POLICIES)))
            raise SettingsError(
                f'no policy {policy}; there are {known}, or add a table [pool."*#{policy}"] to the '
                "file of the setting `policies`"
            )


def _read_weights(text: str) -> dict[str, float]:
    weights = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        try:
            weights[name.strip()] = float(value)
        except ValueError:
            raise SettingsError(f"--weights {part}: write NAME=NUMBER") from None
    return weights


def _actor() -> str:
    return f"cli:{getpass.getuser()}"
