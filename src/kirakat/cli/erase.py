"""`kirakat erase` and `kirakat retention`: forgetting, and the line that is kept of it."""

from __future__ import annotations

import getpass
from contextlib import closing
from datetime import timedelta
from typing import Annotated

import typer

from kirakat.cli.open_store import open_configured_database
from kirakat.clock import SystemClock
from kirakat.errors import SettingsError
from kirakat.settings import load_settings

Merchant = Annotated[
    str | None,
    typer.Option("--merchant", help="Whose. Default: the setting `merchant_id`."),
]


def erase(
    user: Annotated[
        str | None, typer.Option("--user", help="The shopper's id, as the recommender sends it.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", help="The pseudonym instead: 32 hexadecimal digits.")
    ] = None,
    merchant: Merchant = None,
) -> None:
    """Delete everything that is known of one shopper.

    That is the features and the pseudonym of every decision made for them. Decisions and events
    stay, without any shopper; so do sums over many shoppers, in which nobody can be found.

    Example: kirakat erase --user customer-1234
    """
    from kirakat.store.retention import erase_shopper

    merchant_id = merchant or load_settings().merchant_id
    wanted = _unit(user, unit, merchant_id)
    with closing(open_configured_database()) as database, database.writing() as connection:
        count = erase_shopper(
            connection, merchant_id, wanted, actor=getpass.getuser(), now=SystemClock().now()
        )
    typer.echo(f"{count} contexts are erased; anonymous decisions, events and sums stay")


def retention(
    days: Annotated[
        int, typer.Option("--days", min=1, help="Delete contexts of decisions older than this.")
    ],
    ledger: Annotated[
        int | None,
        typer.Option("--ledger", help="Delete decisions and events older than this, too."),
    ] = None,
    merchant: Merchant = None,
) -> None:
    """Delete what is older than it should be; run it daily.

    Contexts are what is personal. Learn first: what is deleted is not learned any more. With
    --ledger decisions, events and unused snapshots go as well; estimates and reports over that
    time are then impossible, while policies keep what they learned. A line of it is kept for good.

    Example: kirakat retention --days 30 --ledger 400
    """
    from kirakat.store.retention import LEDGER_DAYS, cut_ledger, forget_contexts

    if ledger is not None and ledger < max(days, LEDGER_DAYS):
        raise SettingsError(
            f"--ledger {ledger}: must be {LEDGER_DAYS} or more, and not below --days"
        )
    merchant_id, actor = merchant or load_settings().merchant_id, getpass.getuser()
    now = SystemClock().now()
    with closing(open_configured_database()) as database:
        before = now - timedelta(days=days)
        count = forget_contexts(database, merchant_id, before=before, actor=actor, now=now)
        typer.echo(f"{count} contexts are deleted")
        if ledger is not None:
            before = now - timedelta(days=ledger)
            found = cut_ledger(database, merchant_id, before=before, actor=actor, now=now)
            told = ", ".join(f"{number} {name}" for name, number in found.items())
            typer.echo(f"{told} are deleted")


def _unit(user: str | None, unit: str | None, merchant_id: str) -> str:
    from kirakat.store.pseudonym import pseudonym

    if (user is None) == (unit is None):
        raise SettingsError("erase needs --user or --unit")
    if unit is not None:
        return unit
    secret = load_settings().pseudonym_secret
    if not secret:
        raise SettingsError(
            "--user needs the setting pseudonym_secret that the service has; without it nobody "
            "can say whose a pseudonym is"
        )
    return pseudonym(secret, merchant_id, user or "")
