"""The people who may use a merchant's pages."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from kirakat.errors import ConflictError, NotFoundError
from kirakat.store.bulk import as_record, insert_missing
from kirakat.store.review_records import Account, Role
from kirakat.store.tables_review import accounts, sessions


def create_account(
    connection: Connection,
    merchant_id: str,
    name: str,
    *,
    role: Role,
    password_hash: str,
    now: datetime,
) -> Account:
    """Enter a person; raises `ConflictError` when the merchant has one of that name."""
    row = {
        "account_id": secrets.token_hex(8),
        "merchant_id": merchant_id,
        "name": name,
        "password_hash": password_hash,
        "role": role,
        "created_at": now,
        "updated_at": now,
    }
    if not insert_missing(connection, accounts, [row], accounts.c.account_id):
        raise ConflictError(f"{merchant_id} has a {name} already", name=name)
    return get_account(connection, merchant_id, name)


def find_account(connection: Connection, merchant_id: str, name: str) -> Account | None:
    """The merchant's person of that name, or None."""
    statement = select(accounts).where(
        accounts.c.merchant_id == merchant_id, accounts.c.name == name
    )
    row = connection.execute(statement).one_or_none()
    return as_record(Account, row) if row else None


def get_account(connection: Connection, merchant_id: str, name: str) -> Account:
    """The merchant's person of that name; raises `NotFoundError`."""
    found = find_account(connection, merchant_id, name)
    if found is None:
        raise NotFoundError(f"{merchant_id} has no {name}", name=name)
    return found


def list_accounts(connection: Connection, merchant_id: str) -> list[Account]:
    """A merchant's people by name, those that were removed too."""
    statement = (
        select(accounts).where(accounts.c.merchant_id == merchant_id).order_by(accounts.c.name)
    )
    return [as_record(Account, row) for row in connection.execute(statement)]


def set_role(
    connection: Connection, merchant_id: str, name: str, role: Role, *, now: datetime
) -> None:
    """Give a person another role; it holds from their next request on."""
    _change(connection, merchant_id, name, now, role=role)


def set_password(
    connection: Connection, merchant_id: str, name: str, password_hash: str, *, now: datetime
) -> None:
    """Give a person another password, and end all their sessions."""
    _change(connection, merchant_id, name, now, password_hash=password_hash)
    _end_sessions(connection, merchant_id, name)


def set_active(
    connection: Connection, merchant_id: str, name: str, *, active: bool, now: datetime
) -> None:
    """Shut a person out and end all their sessions, or let them in again.

    The row stays: what they decided goes on bearing their name.
    """
    _change(connection, merchant_id, name, now, active=active)
    if not active:
        _end_sessions(connection, merchant_id, name)


def _change(
    connection: Connection, merchant_id: str, name: str, now: datetime, **values: Any
) -> None:
    done = connection.execute(
        update(accounts)
        .where(accounts.c.merchant_id == merchant_id, accounts.c.name == name)
        .values(**values, updated_at=now)
    )
    if not done.rowcount:
        raise NotFoundError(f"{merchant_id} has no {name}", name=name)


def _end_sessions(connection: Connection, merchant_id: str, name: str) -> None:
    account = get_account(connection, merchant_id, name)
    connection.execute(delete(sessions).where(sessions.c.account_id == account.account_id))
