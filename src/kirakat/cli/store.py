"""`kirakat store`: look after the stored images."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from kirakat.cli.open_store import open_configured_blobs, open_configured_database
from kirakat.clock import SystemClock

app = typer.Typer(no_args_is_help=True, help="The stored images.")


@app.callback()
def _group() -> None:
    """Keep `gc` a subcommand although it is the only one."""


@app.command()
def gc(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be removed.")
    ] = False,
    min_age_hours: Annotated[
        float,
        typer.Option(min=1.0, help="Spare younger blobs: a worker may be about to refer to one."),
    ] = 24.0,
) -> None:
    """Remove old errands, and blobs that no row of the database refers to."""
    database, blobs = open_configured_database(), open_configured_blobs()
    from kirakat.store.collect_blobs import collect_blobs, unreferenced_blobs
    from kirakat.store.errands import remove_errands

    older_than = SystemClock().now() - timedelta(hours=min_age_hours)
    if not dry_run:
        with database.writing() as connection:
            remove_errands(connection, before=older_than)
    find = unreferenced_blobs if dry_run else collect_blobs
    count = size = 0
    for blob in find(database, blobs, older_than=older_than):
        typer.echo(f"{blob.sha256} {blob.size}")
        count, size = count + 1, size + blob.size
    typer.echo(f"{count} blobs, {size} bytes {'would be' if dry_run else 'were'} removed")
