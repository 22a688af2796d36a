"""`kirakat keys`: who may use the service."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from kirakat.cli.open_store import (
    merchant_or_default,
    open_upgraded_database,
)
from kirakat.clock import SystemClock
from kirakat.errors import SettingsError

if TYPE_CHECKING:
    pass

app = typer.Typer(no_args_is_help=True, help="API keys.")

Merchant = Annotated[
    str | None,
    typer.Option("--merchant", help="Whose keys. Default: the setting `merchant_id`."),
]
Days = Annotated[int | None, typer.Option("--days", min=1, help="Days until it expires.")]


@app.command()
def create(
    merchant: Merchant = None,
    name: Annotated[str, typer.Option("--name", help="What it is for.")] = "",
    scopes: Annotated[
        str, typer.Option("--scopes", help="Any of resolve, read, write, callbacks, events.")
    ] = "resolve,read,write,callbacks,events",
    days: Days = None,
) -> None:
    """Make a key and print it; it cannot be shown again.

    Example: kirakat keys create --name recommender --scopes resolve,read
    """
    from kirakat.store.api_keys import create_api_key
    from kirakat.store.merchants import ensure_merchant

    wanted, merchant_id = _read_scopes(scopes), merchant_or_default(merchant)
    database, now = open_upgraded_database(), SystemClock().now()
    with database.writing() as connection:
        ensure_merchant(connection, merchant_id, now=now)
        token = create_api_key(
            connection, merchant_id, scopes=wanted, now=now, name=name,
            expires_at=_in_days(now, days),
        )  # fmt: skip
    typer.echo(token)


@app.command("list")
def list_keys(merchant: Merchant = None) -> None:
    """Show a merchant's keys, without their secrets."""
    from kirakat.store.api_keys import list_api_keys

    with open_upgraded_database().reading() as connection:
        found = list_api_keys(connection, merchant_or_default(merchant))
    now = SystemClock().now()
    for key in found:
        is_over = key.expires_at is not None and key.expires_at <= now
        state = "revoked" if key.revoked_at else "expired" if is_over else "live"
        until = f"until {key.expires_at:%Y-%m-%d %H:%M}" if key.expires_at else "without end"
        scopes = ",".join(sorted(key.scopes))
        typer.echo(f"{key.key_id}  {state:8}{key.name:24}{scopes}  {until}")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="As `kirakat keys list` shows it.")],
    merchant: Merchant = None,
) -> None:
    """End a key; service processes notice within a second."""
    from kirakat.store.api_keys import revoke_api_key

    with open_upgraded_database().writing() as connection:
        revoke_api_key(connection, merchant_or_default(merchant), key_id, now=SystemClock().now())
    typer.echo(f"{key_id} is revoked")


@app.command()
def rotate(
    key_id: Annotated[str, typer.Argument(help="As `kirakat keys list` shows it.")],
    merchant: Merchant = None,
    hours: Annotated[
        float, typer.Option("--hours", min=0, help="Hours for which the old key still works.")
    ] = 24.0,
) -> None:
    """Make a successor with the same rights and print it; the old key runs out."""
    from kirakat.store.api_keys import create_api_key
    from kirakat.store.expire_api_key import expire_api_key

    merchant_id, now = merchant_or_default(merchant), SystemClock().now()
    with open_upgraded_database().writing() as connection:
        old = expire_api_key(
            connection, merchant_id, key_id, expires_at=now + timedelta(hours=hours)
        )
        token = create_api_key(connection, merchant_id, scopes=old.scopes, now=now, name=old.name)
    typer.echo(token)


def _read_scopes(text: str) -> tuple[str, ...]:
    from kirakat.service.keyring import SCOPES

    wanted = tuple(part.strip() for part in text.split(",") if part.strip())
    unknown = sorted(set(wanted) - set(SCOPES))
    if unknown or not wanted:
        raise SettingsError(f"scopes are {', '.join(SCOPES)}, not {', '.join(unknown) or 'none'}")
    return wanted


def _in_days(now: datetime, days: int | None) -> datetime | None:
    return now + timedelta(days=days) if days else None
