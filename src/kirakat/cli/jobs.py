"""`kirakat jobs`: look at the renders on the queue, cancel them, try them again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from kirakat.cli.open_store import open_configured_database
from kirakat.cli.options import JsonOutput, choose
from kirakat.clock import SystemClock
from kirakat.errors import SettingsError

if TYPE_CHECKING:
    from kirakat.store.database import Database
    from kirakat.store.records import RenderRecord
    from kirakat.store.states import RenderState

app = typer.Typer(no_args_is_help=True, help="The renders on the queue.")

_ACTOR = "kirakat jobs"
_STATES: tuple[RenderState, ...] = ("queued", "running", "done", "dead", "cancelled")

Limit = Annotated[int, typer.Option("--limit", min=1, help="Most renders to show.")]
MerchantId = Annotated[
    str | None, typer.Option("--merchant", help="Only this merchant's. Default: everybody's.")
]
RenderIds = Annotated[
    list[str], typer.Argument(help="Ids of renders, or their beginnings, as `jobs list` shows.")
]


@dataclass(frozen=True)
class _Line:
    """A render as it is shown."""

    render: str
    state: str
    lane: str
    asked: int
    tries: int
    offer: str
    arm: str
    reason: str


@app.command("list")
def list_jobs(
    state: Annotated[
        str | None,
        typer.Option("--state", help="queued, running, done, dead or cancelled. Default: any."),
    ] = None,
    merchant: MerchantId = None,
    limit: Limit = 50,
    as_json: JsonOutput = False,
) -> None:
    """Show renders, the last changed first: who asks, how often it was tried, why it waits."""
    states = (choose("--state", state, _STATES),) if state else ()
    with closing(open_configured_database()) as database:
        found = _find(database, merchant, states, limit)
    _show(found, as_json=as_json)


@app.command()
def dead(merchant: MerchantId = None, limit: Limit = 50, as_json: JsonOutput = False) -> None:
    """Show the dead letters: renders that failed for good, and why.

    When the cause is mended: kirakat jobs retry ID
    """
    with closing(open_configured_database()) as database:
        found = _find(database, merchant, ("dead",), limit)
    _show(found, as_json=as_json)


@app.command()
def retry(
    render_ids: Annotated[
        list[str] | None,
        typer.Argument(help="Ids of dead or cancelled renders, or their beginnings."),
    ] = None,
    every: Annotated[bool, typer.Option("--dead", help="All dead letters instead.")] = False,
    merchant: MerchantId = None,
) -> None:
    """Queue dead or cancelled renders afresh, with all their tries."""
    from kirakat.engine.port.dbos_engine import open_engine
    from kirakat.engine.port.engine import Job
    from kirakat.store.jobs import revive_render

    with closing(open_configured_database()) as database:
        wanted = _dead_ids(database, merchant) if every else _expand(database, render_ids or [])
        with closing(open_engine(database)) as engine:
            for render_id in wanted:
                with database.writing() as connection:
                    number = revive_render(
                        connection, render_id=render_id, reason="tried again", actor=_ACTOR,
                        now=SystemClock().now(),
                    )  # fmt: skip
                    engine.enqueue(connection, [Job(render_id, number)])
    typer.echo(f"{len(wanted)} renders are queued again")


@app.command()
def cancel(
    render_ids: RenderIds,
    reason: Annotated[str, typer.Option("--reason", help="Kept with every key.")] = "cancelled",
) -> None:
    """Cancel queued or running renders and all keys that wait on them."""
    from kirakat.store.jobs import cancel_render

    with closing(open_configured_database()) as database:
        wanted = _expand(database, render_ids)
        for render_id in wanted:
            with database.writing() as connection:
                cancel_render(
                    connection, render_id=render_id, reason=reason, actor=_ACTOR,
                    now=SystemClock().now(),
                )  # fmt: skip
    typer.echo(f"{len(wanted)} renders are cancelled")


def _find(
    database: Database, merchant: str | None, states: Sequence[RenderState], limit: int
) -> list[RenderRecord]:
    from kirakat.store.jobs import list_renders

    with database.reading() as connection:
        return list_renders(connection, merchant_id=merchant, states=states, limit=limit)


def _dead_ids(database: Database, merchant: str | None) -> list[str]:
    found = _find(database, merchant, ("dead",), 100_000)
    return [item.render_id for item in found]


def _expand(database: Database, beginnings: Sequence[str]) -> list[str]:
    """Whole ids from their beginnings; raises `SettingsError` unless each means one render."""
    from kirakat.store.dispatch import render_ids_from

    if not beginnings:
        raise SettingsError("name renders, or say --dead")
    whole = []
    for beginning in beginnings:
        with database.reading() as connection:
            found = render_ids_from(connection, beginning)
        if len(found) != 1:
            raise SettingsError(f"{beginning}: {len(found)} renders begin so, not one")
        whole += found
    return whole


def _show(found: Sequence[RenderRecord], *, as_json: bool) -> None:
    lines = [_line(item) for item in found]
    if as_json:
        for line in lines:
            typer.echo(json.dumps(line.__dict__))
        return
    table = Table(box=None)
    for name in ("render", "state", "lane", "asked", "tries", "offer", "arm", "reason"):
        table.add_column(name, overflow="fold" if name == "reason" else "ellipsis")
    for line in lines:
        table.add_row(line.render[:12], *[str(value) for value in list(line.__dict__.values())[1:]])
    Console().print(table if lines else "no such renders")


def _line(item: RenderRecord) -> _Line:
    return _Line(
        render=item.render_id,
        state=item.state,
        lane=item.lane,
        asked=item.asked,
        tries=item.attempts,
        offer=item.offer.offer_id,
        arm=item.prompt.prompt.arm if item.prompt else item.treatment,
        reason=item.error,
    )
