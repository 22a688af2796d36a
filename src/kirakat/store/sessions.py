"""Who is signed in: 256 random bits in a cookie, of which only a hash is kept."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import Connection, delete, select

from kirakat.hashing import sha256_bytes
from kirakat.store.bulk import as_record, insert_all
from kirakat.store.review_records import Account
from kirakat.store.tables_review import accounts, sessions


def open_session(
    connection: Connection, account: Account, *, now: datetime, expires_at: datetime
) -> str:
    """Sign a person in; gives the token, which is shown this once. Ended sessions are removed."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    token = secrets.token_urlsafe(32)
    row = {
        "token_hash": _hash(token),
        "merchant_id": account.merchant_id,
        "account_id": account.account_id,
        "created_at": now,
        "expires_at": expires_at,
    }
    insert_all(connection, sessions, [row])
    return token


def find_session(connection: Connection, token: str, *, now: datetime) -> Account | None:
    """The person of a token, or None when it is unknown, has run out, or they were shut out."""
    statement = (
        select(accounts)
        .join(sessions, sessions.c.account_id == accounts.c.account_id)
        .where(sessions.c.token_hash == _hash(token), sessions.c.expires_at > now)
        .where(sessions.c.merchant_id == accounts.c.merchant_id, accounts.c.active)
    )
    row = connection.execute(statement).one_or_none()
    return as_record(Account, row) if row else None


def close_session(connection: Connection, token: str) -> None:
    """Sign out; an unknown token changes nothing."""
    connection.execute(delete(sessions).where(sessions.c.token_hash == _hash(token)))


def _hash(token: str) -> str:
    return sha256_bytes(token.encode())
