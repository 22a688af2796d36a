"""`kirakat people`: who may use the review pages."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from kirakat.cli.open_store import (
    merchant_or_default,
    open_upgraded_database,
)
from kirakat.cli.options import choose
from kirakat.clock import SystemClock
from kirakat.settings import load_settings

if TYPE_CHECKING:
    from sqlalchemy import Connection


app = typer.Typer(no_args_is_help=True, help="Who may use the review pages.")

_ACTOR = "kirakat people"

Name = Annotated[str, typer.Argument(help="What the person signs in with.")]
Merchant = Annotated[
    str | None,
    typer.Option("--merchant", help="Whose pages. Default: the setting `merchant_id`."),
]
RoleName = Annotated[
    str, typer.Option("--role", help="viewer (looks), reviewer (decides) or admin (all).")
]


@app.command()
def add(
    name: Name,
    role: RoleName = "reviewer",
    merchant: Merchant = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Comes in through the reverse proxy alone.")
    ] = False,
) -> None:
    """Let a person in; asks for a password of 12 characters or more.

    A script gives the password as one line on standard input.

    Example: kirakat people add anna --role admin
    """
    from kirakat.review.people.passwords import hash_password
    from kirakat.store.accounts import create_account
    from kirakat.store.merchants import ensure_merchant
    from kirakat.store.review_records import ROLES

    wanted, merchant_id = choose("--role", role, ROLES), merchant_or_default(merchant)
    secret = "" if no_password else hash_password(_ask())
    now = SystemClock().now()
    with closing(open_upgraded_database()) as database, database.writing() as connection:
        ensure_merchant(connection, merchant_id, now=now)
        create_account(connection, merchant_id, name, role=wanted, password_hash=secret, now=now)
        _note(connection, merchant_id, "added a person", name, role=role)
    typer.echo(f"{name} may come in as {role}: {load_settings().public_url}/review")


@app.command("list")
def list_people(merchant: Merchant = None) -> None:
    """Show a merchant's people and what they may do."""
    from kirakat.store.accounts import list_accounts

    with closing(open_upgraded_database()) as database, database.reading() as connection:
        found = list_accounts(connection, merchant_or_default(merchant))
    for person in found:
        state = "" if person.active else "removed"
        way = "password" if person.password_hash else "proxy"
        typer.echo(f"{person.name:28}{person.role:10}{way:10}{state}".rstrip())


@app.command()
def role(
    name: Name,
    wanted: Annotated[str, typer.Argument(metavar="ROLE", help="viewer, reviewer or admin.")],
    merchant: Merchant = None,
) -> None:
    """Give a person another role; it holds at once.

    Example: kirakat people role rita admin
    """
    from kirakat.store.accounts import set_role
    from kirakat.store.review_records import ROLES

    chosen, merchant_id = choose("ROLE", wanted, ROLES), merchant_or_default(merchant)
    with closing(open_upgraded_database()) as database, database.writing() as connection:
        set_role(connection, merchant_id, name, chosen, now=SystemClock().now())
        _note(connection, merchant_id, "changed a role", name, role=wanted)
    typer.echo(f"{name} is {wanted} now")


@app.command()
def remove(name: Name, merchant: Merchant = None) -> None:
    """Shut a person out at once; what they decided stays, under their name."""
    from kirakat.store.accounts import set_active

    merchant_id = merchant_or_default(merchant)
    with closing(open_upgraded_database()) as database, database.writing() as connection:
        set_active(connection, merchant_id, name, active=False, now=SystemClock().now())
        _note(connection, merchant_id, "removed a person", name)
    typer.echo(f"{name} is shut out")


@app.command()
def password(name: Name, merchant: Merchant = None) -> None:
    """Give a person a new password, and let them in again; ends all their sessions."""
    from kirakat.review.people.passwords import hash_password
    from kirakat.store.accounts import set_active, set_password

    merchant_id, now = merchant_or_default(merchant), SystemClock().now()
    secret = hash_password(_ask())
    with closing(open_upgraded_database()) as database, database.writing() as connection:
        set_password(connection, merchant_id, name, secret, now=now)
        set_active(connection, merchant_id, name, active=True, now=now)
        _note(connection, merchant_id, "set a password", name)
    typer.echo(f"{name} has a new password")


def _ask() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


def _note(
    connection: Connection, merchant_id: str, action: str, subject: str, **record: str
) -> None:
    from kirakat.store.audit import append_audit

    append_audit(
        connection, merchant_id, actor=_ACTOR, action=action, subject=subject, record=record,
        now=SystemClock().now(),
    )  # fmt: skip
