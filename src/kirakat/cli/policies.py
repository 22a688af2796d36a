"""`kirakat policies`: the snapshots that services decide by, and taking one back."""

from __future__ import annotations

import getpass
import json
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from kirakat.cli.open_store import open_configured_database
from kirakat.cli.options import JsonOutput
from kirakat.clock import SystemClock
from kirakat.errors import NotFoundError
from kirakat.settings import load_settings

if TYPE_CHECKING:
    from kirakat.bandit.snapshot import Snapshot
    from kirakat.store.database import Database
    from kirakat.store.policy_snapshots import Head

app = typer.Typer(no_args_is_help=True, help="The policies that were learned.")

Merchant = Annotated[
    str | None,
    typer.Option("--merchant", help="Whose. Default: the setting `merchant_id`."),
]
Category = Annotated[str, typer.Argument(help="The pool, as `policies list` shows it.")]


@app.command("list")
def list_policies(merchant: Merchant = None, as_json: JsonOutput = False) -> None:
    """Show each pool's version, what is in it, and whether somebody holds it there."""
    from kirakat.store.policy_snapshots import list_heads, list_snapshots

    merchant_id, table = _merchant(merchant), Table("pool", "decides", "newest", "as of", "says")
    with closing(open_configured_database()) as database, database.reading() as connection:
        for head in list_heads(connection, merchant_id):
            newest = list_snapshots(connection, merchant_id, head.category, limit=1)[0]
            if as_json:
                line = {**asdict(head), "newest": newest.version, "says": newest.note}
                typer.echo(json.dumps(line, default=str))
            else:
                decides = f"{head.version}{' held by ' + head.actor if head.pinned else ''}"
                as_of = f"{newest.as_of:%Y-%m-%d %H:%M}"
                table.add_row(head.category, decides, str(newest.version), as_of, newest.note)
    if not as_json:
        Console().print(table if table.row_count else "nothing was learned yet: `kirakat learn`")


@app.command()
def show(
    category: Category,
    version: Annotated[
        int | None, typer.Option("--version", help="Default: the one that decides.")
    ] = None,
    merchant: Merchant = None,
) -> None:
    """Show the evidence of a pool, arm by arm, and its versions.

    Example: kirakat policies show kitchen
    """
    from kirakat.bandit.snapshot import from_bytes
    from kirakat.store.policy_snapshots import list_snapshots, read_snapshot

    merchant_id, console = _merchant(merchant), Console()
    with closing(open_configured_database()) as database:
        head = _head(database, merchant_id, category)
        with database.reading() as connection:
            wanted = version or head.version
            snapshot = from_bytes(read_snapshot(connection, merchant_id, category, wanted))
            rows = list_snapshots(connection, merchant_id, category, limit=10)
    console.print(_evidence(snapshot))
    for row in rows:
        mark = "*" if row.version == head.version else " "
        as_of = f"{row.as_of:%Y-%m-%d %H:%M}"
        console.print(f"{mark} {row.version:>5}  as of {as_of}  {row.note}", highlight=False)


@app.command()
def rollback(
    category: Category,
    version: Annotated[
        int | None, typer.Option("--version", help="Default: the one before.")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="Why; kept with the move.")] = "",
    merchant: Merchant = None,
) -> None:
    """Have services decide by an older version, within seconds, and hold it there.

    Learning goes on, but new versions are not followed before `kirakat policies follow`.

    Example: kirakat policies rollback kitchen --version 41 --note "clicks fell on Monday"
    """
    from kirakat.store.policy_snapshots import list_snapshots

    merchant_id = _merchant(merchant)
    with closing(open_configured_database()) as database:
        head = _head(database, merchant_id, category)
        with database.reading() as connection:
            rows = list_snapshots(connection, merchant_id, category, limit=1000)
        older = [row.version for row in rows if row.version < head.version]
        if version is None and not older:
            raise NotFoundError(f"no version of {category!r} before {head.version}")
        target = version if version is not None else older[0]
        _move(database, head, target, note=note, pinned=True)
    typer.echo(f"{category}: version {target} decides, and is held; was {head.version}")


@app.command()
def follow(category: Category, note: str = "", merchant: Merchant = None) -> None:
    """Let a pool that was rolled back follow its newest version again."""
    from kirakat.store.policy_snapshots import list_snapshots

    merchant_id = _merchant(merchant)
    with closing(open_configured_database()) as database:
        head = _head(database, merchant_id, category)
        with database.reading() as connection:
            newest = list_snapshots(connection, merchant_id, category, limit=1)[0]
        _move(database, head, newest.version, note=note, pinned=False)
    typer.echo(f"{category}: version {newest.version} decides, and newer ones will")


@app.command()
def alarms(
    every: Annotated[
        bool, typer.Option("--all", help="Those that do not hold any more, too.")
    ] = False,
    merchant: Merchant = None,
    as_json: JsonOutput = False,
) -> None:
    """Show what guardrails found: too_fast, too_slow, retire, stale or aa."""
    from kirakat.store.policy_alarms import list_alarms

    with closing(open_configured_database()) as database, database.reading() as connection:
        found = list_alarms(connection, _merchant(merchant), with_cleared=every)
    if as_json:
        for alarm in found:
            typer.echo(json.dumps(asdict(alarm), default=str))
        return
    table = Table("pool", "alarm", "arm", "since", "until", "why")
    for alarm in found:
        until = f"{alarm.cleared_at:%Y-%m-%d %H:%M}" if alarm.cleared_at else ""
        since = f"{alarm.since:%Y-%m-%d %H:%M}"
        table.add_row(alarm.category, alarm.kind, alarm.arm_id, since, until, alarm.reason)
    Console().print(table if found else "no alarms")


def _evidence(snapshot: Snapshot) -> Table:
    sums = snapshot.sums
    table = Table("arm", "decisions", "clicks", "click rate", "inherits from")
    for index, arm in enumerate(snapshot.arms.arms):
        count, clicks = sums.counts[index], sums.clicks[index]
        rate = f"{clicks / count:.2%}" if count else ""
        table.add_row(arm.arm_id, f"{count:.0f}", f"{clicks:.0f}", rate, arm.inherits_from)
    return table


def _move(database: Database, head: Head, version: int, *, note: str, pinned: bool) -> None:
    from kirakat.store.policy_snapshots import set_head

    with database.writing() as connection:
        set_head(
            connection, head.merchant_id, head.category, version=version, expected=head.version,
            actor=getpass.getuser(), now=SystemClock().now(), note=note, pinned=pinned,
        )  # fmt: skip


def _head(database: Database, merchant_id: str, category: str) -> Head:
    from kirakat.store.policy_snapshots import list_heads

    with database.reading() as connection:
        heads = {head.category: head for head in list_heads(connection, merchant_id)}
    if category not in heads:
        known = ", ".join(heads) or "none yet"
        raise NotFoundError(f"no policy of {category!r}; there are: {known}")
    return heads[category]


def _merchant(named: str | None) -> str:
    return named or load_settings().merchant_id
