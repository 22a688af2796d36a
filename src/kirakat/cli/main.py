"""`kirakat`: the entry point, and how errors reach a person."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.markup import escape

from kirakat import __version__
from kirakat.cli import (
    bench,
    db,
    demo,
    erase,
    experiment,
    image,
    jobs,
    keys,
    learn,
    ope,
    people,
    placements,
    plan,
    policies,
    prompts,
    review,
    run,
    scenes,
    serve,
    simulate,
    store,
    train,
    worker,
)
from kirakat.errors import KirakatError

app = typer.Typer(
    help="Product images at catalogue scale: a background around every product of a feed, "
    "without changing one product pixel.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("image")(image.image)
app.command("plan")(plan.plan)
app.command("bench")(bench.bench)
app.command("worker")(worker.worker)
app.add_typer(jobs.app, name="jobs", help="The renders on the queue: list, retry, cancel.")
app.command("serve")(serve.serve)
app.add_typer(experiment.app, name="experiment")
app.add_typer(simulate.app, name="simulate")
app.add_typer(placements.app, name="placements", help="The sizes in which ads are shown.")
app.add_typer(prompts.app, name="prompts", help="The prompt pools of the categories.")
app.add_typer(scenes.app, name="scenes", help="The environments that pictures start from.")
app.command("ope")(ope.ope)
app.command("learn")(learn.learn)
app.add_typer(policies.app, name="policies", help="The policies that were learned.")
app.command("erase")(erase.erase)
app.command("retention")(erase.retention)
app.add_typer(db.app, name="db", help="Migrate, check, back up and restore the database.")
app.add_typer(keys.app, name="keys", help="API keys of the service.")
app.add_typer(people.app, name="people", help="Who may use the review pages.")
app.add_typer(review.app, name="review", help="What waits for people, and what they decided.")
app.add_typer(store.app, name="store", help="Look after the stored images.")
app.add_typer(train.app, name="train", help="Make scenes, samples and kirakat-tiny itself.")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kirakat {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Options of every subcommand."""


def main() -> None:
    """Run the command; an expected error is one line on standard error and exit status 1."""
    try:
        app()
    except KirakatError as error:
        # Escaped: 'kirakat[serve]' would be taken for a colour and left out.
        text = f"[bold red]error:[/] {escape(str(error))}"
        Console(stderr=True).print(text, highlight=False, soft_wrap=True)
        sys.exit(1)
