"""`kirakat learn`: what shoppers did becomes the policies that services decide by."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kirakat.cli.open_store import open_configured_database
from kirakat.clock import SystemClock
from kirakat.errors import ConflictError, SettingsError, StoreError
from kirakat.settings import Settings, load_settings

if TYPE_CHECKING:
    from kirakat.bandit.learner.learn import Learner, PoolDone, Step
    from kirakat.store.database import Database

_COLUMNS = ("learned", "clicks", "late", "duplicates", "bots", "without_context", "unlogged")
# Longest seconds between two looks whether to stop.
_TICK = 0.2


def learn(
    once: Annotated[bool, typer.Option("--once", help="Stop after one round.")] = False,
    every: Annotated[
        float, typer.Option("--every", min=1.0, help="Seconds between two rounds.")
    ] = 60.0,
    shard: Annotated[
        str, typer.Option("--shard", help="i/n: learn the i-th of n shares only, from 1.")
    ] = "1/1",
) -> None:
    """Learn from closed reward windows, publish policy snapshots, and raise alarms.

    Any number of learners may run, and any of them may be killed: every decision is counted
    once. Services follow a new snapshot within seconds. With --shard, run all of 1/n to n/n.

    Example: kirakat learn --every 60
    """
    settings, console = load_settings(), Console()
    part, parts = _shard(shard)
    is_stopped = _stop_on_signals()
    with closing(open_configured_database()) as database:
        learner = open_learner(settings, database, part=part, parts=parts)
        while True:
            try:
                _round(learner, console, is_stopped)
            except ConflictError:
                console.print("another learner was quicker")
            except StoreError as error:
                if once:
                    raise
                told = escape(str(error))
                console.print(f"[red]{told}[/]; trying again in {every:g} s", highlight=False)
            if once or not _wait(every, is_stopped):
                return


def open_learner(
    settings: Settings, database: Database, *, part: int = 1, parts: int = 1
) -> Learner:
    """The learner that the settings describe."""
    from kirakat.bandit.configuration import load_policies
    from kirakat.bandit.learner.learn import Learner
    from kirakat.bandit.learner.learn_slice import Rules
    from kirakat.bandit.learner.timing import Slicing
    from kirakat.prompts.pool import load_pools

    rules = Rules(
        policies=load_policies(Path(settings.policies) if settings.policies else None),
        slicing=Slicing(seconds=settings.learn_slice, wait=settings.learn_wait),
        bot_clicks=settings.bot_clicks,
    )
    return Learner(
        database=database,
        rules=rules,
        shipped=load_pools(Path(settings.prompts) if settings.prompts else None),
        clock=SystemClock(),
        name=f"{socket.gethostname()}:{os.getpid()}",
        part=part,
        parts=parts,
    )


@dataclass
class _Summary:
    """What a round did, by merchant."""

    slices: Counter[str] = field(default_factory=Counter)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    pools: list[PoolDone] = field(default_factory=list)

    def add(self, step: Step) -> None:
        """Note a step."""
        from kirakat.bandit.learner.learn import PoolDone

        if isinstance(step, PoolDone):
            self.pools.append(step)
            return
        self.slices[step.merchant_id] += 1
        self.counts.setdefault(step.merchant_id, Counter()).update(step.counts)


def _round(learner: Learner, console: Console, is_stopped: Callable[[], bool]) -> None:
    summary = _Summary()
    with console.status("looking for closed reward windows") as status:
        for step in learner.round():
            summary.add(step)
            learned = sum(counts["learned"] for counts in summary.counts.values())
            slices = sum(summary.slices.values())
            status.update(f"{slices} slices, {learned} decisions learned")
            if is_stopped():
                break
    _show(summary, console)


def _show(summary: _Summary, console: Console) -> None:
    if summary.slices:
        table = Table("merchant", "slices", *_COLUMNS)
        for merchant_id, counts in summary.counts.items():
            numbers = [str(counts[name]) for name in _COLUMNS]
            table.add_row(merchant_id, str(summary.slices[merchant_id]), *numbers)
        console.print(table)
    published = [pool for pool in summary.pools if pool.version is not None]
    for pool in published:
        name = f"{pool.merchant_id} {pool.category}"
        console.print(f"{name}: published version {pool.version} ({pool.note})", highlight=False)
    for pool in summary.pools:
        for (kind, arm), reason in sorted(pool.alarms.items()):
            name = " ".join(filter(None, (pool.merchant_id, pool.category, arm)))
            console.print(f"[yellow]{kind}[/] {name}: {escape(reason)}", highlight=False)
    if not summary.slices and not published:
        console.print("nothing new is closed: no reward window has ended since the last round")


def _shard(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    part, parts = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= part <= parts:
        raise SettingsError(f"--shard {text}: must be like 1/4, 2/4, 3/4 or 4/4")
    return part, parts


def _stop_on_signals() -> Callable[[], bool]:
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda found, _: stopped.append(found))
    return lambda: bool(stopped)


def _wait(seconds: float, is_stopped: Callable[[], bool]) -> bool:
    """Whether to go on after so many seconds."""
    end = time.monotonic() + seconds
    while not is_stopped() and (left := end - time.monotonic()) > 0:
        time.sleep(min(_TICK, left))
    return not is_stopped()
