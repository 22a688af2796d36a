"""`kirakat db`: migrate, check, back up and restore the database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kirakat.cli.open_store import open_configured_blobs, open_configured_database

app = typer.Typer(no_args_is_help=True, help="The database.")

Address = Annotated[
    str | None,
    typer.Option("--database", help="Its address. Default: the setting `database`."),
]


@app.command()
def upgrade(address: Address = None) -> None:
    """Create the tables, or bring them to this version; data stay."""
    database = open_configured_database(address)
    from kirakat.store import schema

    schema.upgrade(database)
    typer.echo("the database is at this version")


@app.command()
def check(address: Address = None) -> None:
    """Say what is wrong with the database; exit 1 if anything is."""
    database = open_configured_database(address)
    from kirakat.store import schema

    problems = schema.check(database)
    for problem in problems:
        typer.echo(problem)
    if problems:
        raise typer.Exit(1)
    typer.echo("the database is as it should be")


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="Where to; must hold no backup yet.")],
    address: Address = None,
) -> None:
    """Copy a SQLite database while it is in use, with a list of its blobs."""
    database = open_configured_database(address)
    from kirakat.store.backup import back_up

    count = back_up(database, folder)
    typer.echo(f"{folder}: the database and a list of {count} blobs; now copy the blobs")


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="A folder that `kirakat db backup` wrote.")],
    address: Address = None,
) -> None:
    """Put a backup where no database is yet; exit 1 when blobs that it needs are missing."""
    database = open_configured_database(address)
    from kirakat.store import backup as backups

    missing = backups.restore(folder, database, open_configured_blobs())
    for sha256 in missing:
        typer.echo(f"missing blob {sha256}")
    if missing:
        raise typer.Exit(1)
    typer.echo("restored; every blob is there")
