"""`kirakat review`: what waits for people, and what they decided."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kirakat.cli.open_store import open_configured_database
from kirakat.cli.options import choose
from kirakat.clock import SystemClock
from kirakat.settings import load_settings

if TYPE_CHECKING:
    from kirakat.store.review_records import PublishMode

app = typer.Typer(no_args_is_help=True, help="What waits for people, and what they decided.")

_ACTOR = "kirakat review"
_MODES: tuple[PublishMode, ...] = ("pass", "hold", "sample")
_MEANING = {
    "pass": "what passes the gate is published",
    "hold": "what is made from now on waits until somebody approves it",
    "sample": "what passes is published, and people are shown {:.1%} of it",
}

Merchant = Annotated[
    str | None, typer.Option("--merchant", help="Default: the setting `merchant_id`.")
]


@app.command()
def policy(
    catalog: Annotated[str, typer.Argument(help="Name of the catalogue.")],
    mode: Annotated[
        str,
        typer.Argument(
            help="pass (publish what passes the gate), hold (all of it waits for a person) or "
            "sample (publish, and show people a share)."
        ),
    ],
    share: Annotated[
        float, typer.Option("--share", min=0.0, max=1.0, help="With sample: .05 is 5 %.")
    ] = 0.05,
    merchant: Merchant = None,
) -> None:
    """Say what becomes of a catalogue's pictures from now on.

    Example: kirakat review policy default hold
    """
    from kirakat.store.audit import append_audit
    from kirakat.store.catalogs import get_catalog
    from kirakat.store.publish_policies import put_publish_policy

    wanted, merchant_id = choose("MODE", mode, _MODES), merchant or load_settings().merchant_id
    part, now = share if wanted == "sample" else 0.0, SystemClock().now()
    with closing(open_configured_database()) as database, database.writing() as connection:
        get_catalog(connection, merchant_id, catalog)
        put_publish_policy(
            connection, merchant_id, catalog, mode=wanted, share=part, actor=_ACTOR, now=now
        )
        append_audit(
            connection, merchant_id, actor=_ACTOR, action="changed a publish policy",
            subject=f"catalog {catalog}", record={"mode": wanted, "share": part}, now=now,
        )  # fmt: skip
    typer.echo(f"{catalog}: {_MEANING[wanted].format(part)}")


@app.command()
def export(
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write. Default: standard output.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, help="How far back.")] = 3650,
    merchant: Merchant = None,
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
