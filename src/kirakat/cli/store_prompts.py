"""`kirakat prompts put|pause|resume|retire|schedule|history`: a merchant's prompts in the store.

Services follow within a second; nothing is restarted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kirakat.cli.open_store import open_configured_database
from kirakat.clock import SystemClock
from kirakat.errors import PromptError, SettingsError
from kirakat.prompts.lint import Finding, lint_pools
from kirakat.prompts.pool import Pools, load_pool, load_pools
from kirakat.settings import load_settings
from kirakat.types import Prompt

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from kirakat.store.records import PromptRecord

Merchant = Annotated[
    str | None,
    typer.Option("--merchant", help="Whose prompts. Default: the setting `merchant_id`."),
]
# Who the audit says it was, beside the people who sign in.
_ACTOR = "kirakat prompts"
PromptId = Annotated[str, typer.Argument(help="As `kirakat prompts list` shows it, without @.")]


@dataclass(frozen=True, kw_only=True)
class _Shop:
    """A merchant in an open transaction."""

    connection: Connection
    merchant_id: str
    shipped: Pools
    now: datetime

    def note(self, action: str, subject: str) -> None:
        """Write down what was done, in the words of the review pages."""
        from kirakat.store.audit import append_audit

        append_audit(
            self.connection,
            self.merchant_id,
            actor=_ACTOR,
            action=action,
            subject=subject,
            now=self.now,
        )


@contextmanager
def _shop(merchant: str | None) -> Iterator[_Shop]:
    from kirakat.store.merchants import ensure_merchant

    settings, now = load_settings(), SystemClock().now()
    shipped = load_pools(Path(settings.prompts) if settings.prompts else None)
    with closing(open_configured_database()) as database:
        if database.is_sqlite:
            from kirakat.store.schema import upgrade

            upgrade(database)
        with database.writing() as connection:
            merchant_id = merchant or settings.merchant_id
            ensure_merchant(connection, merchant_id, now=now)
            yield _Shop(connection=connection, merchant_id=merchant_id, shipped=shipped, now=now)


def put(
    file: Annotated[Path, typer.Argument(help="A pool: <category>.toml, as shipped ones are.")],
    merchant: Merchant = None,
    lint: Annotated[
        bool, typer.Option("--lint/--no-lint", help="Refuse prompts with errors.")
    ] = True,
) -> None:
    """Enter a file's prompts: a newer version replaces the older ones, new ids join the category.

    Example: kirakat prompts put my-pools/jewellery.toml
    """
    from kirakat.store.merchant_pools import read_pools
    from kirakat.store.prompt_rows import put_prompts

    _, prompts = load_pool(file)
    with _shop(merchant) as shop:
        done = put_prompts(shop.connection, shop.merchant_id, prompts, now=shop.now)
        if done.refused:
            raise PromptError(
                f"{', '.join(done.refused)} was entered before with another text: raise the version"
            )
        after = read_pools(shop.connection, shop.merchant_id, shop.shipped, now=shop.now).pools
        if lint:
            _check(after, prompts)
        for arm in done.new:
            shop.note("entered a prompt", arm)
    typer.echo(f"{len(done.new)} new: {', '.join(done.new)}" if done.new else "nothing new")


def _check(pools: Pools, entered: tuple[Prompt, ...]) -> None:
    """Raises `PromptError` for errors in what was entered; prints what else is wrong with it."""
    ids = {prompt.prompt_id for prompt in entered}
    findings = [item for item in lint_pools(pools) if item.prompt_id in ids]
    for item in findings:
        Console(stderr=True).print(escape(f"{item.level}: {item.prompt_id}: {item.message}"))
    if any(item.level == "error" for item in findings):
        raise PromptError(
            f"{_errors(findings)} errors, nothing was entered; see above, or --no-lint"
        )


def _errors(findings: list[Finding]) -> int:
    return sum(item.level == "error" for item in findings)


def pause(prompt_id: PromptId, merchant: Merchant = None) -> None:
    """Show no version of a prompt until it is resumed; shipped ones too.

    Example: kirakat prompts pause jewellery-black-stone
    """
    from kirakat.store.prompt_rows import pause_prompt

    with _shop(merchant) as shop:
        _enter_shipped(shop, prompt_id)
        pause_prompt(shop.connection, shop.merchant_id, prompt_id)
        shop.note("paused a prompt", prompt_id)
    typer.echo(f"{prompt_id} is paused")


def resume(prompt_id: PromptId, merchant: Merchant = None) -> None:
    """Show a paused prompt again."""
    from kirakat.store.prompt_rows import resume_prompt

    with _shop(merchant) as shop:
        resume_prompt(shop.connection, shop.merchant_id, prompt_id)
        shop.note("resumed a prompt", prompt_id)
    typer.echo(f"{prompt_id} may be shown again")


def retire(prompt_id: PromptId, merchant: Merchant = None) -> None:
    """End a prompt for good; only a new version brings it back."""
    from kirakat.store.prompt_rows import retire_prompt

    with _shop(merchant) as shop:
        _enter_shipped(shop, prompt_id)
        retire_prompt(shop.connection, shop.merchant_id, prompt_id, now=shop.now)
        shop.note("retired a prompt", prompt_id)
    typer.echo(f"{prompt_id} is retired")


def schedule(
    arm: Annotated[str, typer.Argument(help="The version: prompt@version.")],
    start: Annotated[
        str,
        typer.Option("--from", help="First moment in UTC, like 2026-12-01 or 2026-12-01T18:00."),
    ] = "",
    end: Annotated[str, typer.Option("--until", help="First moment no more, in UTC.")] = "",
    merchant: Merchant = None,
) -> None:
    """Say when a version is shown; outside that time the version before it holds.

    Without --from and --until it is always shown.

    Example: kirakat prompts schedule gifts-snow@2 --from 2026-12-01 --until 2026-12-27
    """
    from kirakat.store.prompt_rows import schedule_prompt

    prompt_id, _, version = arm.rpartition("@")
    if not prompt_id or not version.isdecimal():
        raise SettingsError(f"{arm}: give prompt@version; see: kirakat prompts list --store")
    starts_at, ends_at = _moment(start), _moment(end)
    if starts_at and ends_at and ends_at <= starts_at:
        raise SettingsError("--until is not after --from")
    with _shop(merchant) as shop:
        _enter_shipped(shop, prompt_id)
        schedule_prompt(
            shop.connection, shop.merchant_id, prompt_id, int(version),
            paused=False, starts_at=starts_at, ends_at=ends_at,
        )  # fmt: skip
        shop.note("scheduled a prompt", arm)
    typer.echo(f"{arm} is shown {start or 'always'} to {end or 'without end'}")


def print_stored(category: str | None, merchant: str | None) -> None:
    """The body of `list --store`: what a merchant's offers get, and what was entered."""
    from kirakat.store.merchant_pools import read_pools
    from kirakat.store.prompt_rows import list_prompts

    with _shop(merchant) as shop:
        pools = read_pools(shop.connection, shop.merchant_id, shop.shipped, now=shop.now).pools
        rows = list_prompts(shop.connection, shop.merchant_id)
    shown = {prompt.arm for prompt in pools}
    entered = {row.prompt.arm: row for row in rows}
    table = Table("prompt", "category", "state", "from", "until", "template")
    everything = {prompt.arm: prompt for prompt in [*pools, *(row.prompt for row in rows)]}
    for arm, prompt in everything.items():
        if category not in (None, prompt.category):
            continue
        row = entered.get(arm)
        state = "shipped" if row is None else _state(row, arm in shown, shop.now)
        bounds = (_day(row.starts_at), _day(row.ends_at)) if row else ("", "")
        table.add_row(arm, prompt.category, state, *bounds, escape(prompt.template))
    Console().print(table)


def _state(row: PromptRecord, is_shown: bool, now: datetime) -> str:
    if is_shown:
        return "shown"
    if row.ends_at is not None and row.ends_at <= now:
        return "ended"
    if row.paused:
        return "paused"
    return "planned" if row.starts_at is not None and row.starts_at > now else "replaced"


def _enter_shipped(shop: _Shop, prompt_id: str) -> None:
    """A shipped prompt becomes a row of the merchant's, so that it can be changed."""
    from kirakat.store.prompt_rows import put_prompts

    known = [prompt for prompt in shop.shipped if prompt.prompt_id == prompt_id]
    put_prompts(shop.connection, shop.merchant_id, known, now=shop.now)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"{text} is no time: write 2026-12-01 or 2026-12-01T18:00") from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""
