"""`kirakat review`: what people decided, for machines."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from kirakat.cli.open_store import open_configured_database
from kirakat.clock import SystemClock
from kirakat.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="What people decided on the review pages.")


@app.callback()
def _group() -> None:
    """Keep `export` a subcommand though it is the only one."""


@app.command()
def export(
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write. Default: standard output.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, help="How far back.")] = 3650,
    merchant: Annotated[
        str | None, typer.Option("--merchant", help="Default: the setting `merchant_id`.")
    ] = None,
) -> None:
    """Write every decision as a line of JSON, with what the gate had measured on that picture.

    Example: kirakat review export --days 30 --out decisions.jsonl
    """
    from kirakat.review.export import export_decisions

    end = SystemClock().now() + timedelta(seconds=1)
    start = max(end - timedelta(days=days), datetime(2020, 1, 1, tzinfo=UTC))
    merchant_id = merchant or load_settings().merchant_id
    with closing(open_configured_database()) as database, database.reading() as connection:
        found = export_decisions(connection, merchant_id, start=start, end=end)
        lines = [json.dumps(item, ensure_ascii=False) for item in found]
    text = "".join(f"{line}\n" for line in lines)
    if out is None:
        typer.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    typer.echo(f"{len(lines)} decisions in {out}")
