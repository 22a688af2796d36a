"""What people did besides reviewing: appended, never changed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from kirakat.store.bulk import as_record, insert_all
from kirakat.store.review_records import AuditEntry
from kirakat.store.tables_review import audit


def append_audit(
    connection: Connection,
    merchant_id: str,
    *,
    actor: str,
    action: str,
    subject: str = "",
    record: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Write down that somebody did something."""
    entry = {
        # Microseconds first, so that ids sort in the order of time.
        "entry_id": f"{int(now.timestamp() * 1e6):016x}{secrets.token_hex(4)}",
        "merchant_id": merchant_id,
        "actor": actor,
        "action": action,
        "subject": subject,
        "record": dict(record or {}),
        "at": now,
    }
    insert_all(connection, audit, [entry])


def list_audit(
    connection: Connection,
    merchant_id: str,
    *,
    actor: str = "",
    action: str = "",
    before: str = "",
    limit: int = 100,
) -> list[AuditEntry]:
    """A page of a merchant's entries, the newest first, older than the entry `before`."""
    statement = select(audit).where(audit.c.merchant_id == merchant_id)
    for column, wanted in ((audit.c.actor, actor), (audit.c.action, action)):
        if wanted:
            statement = statement.where(column == wanted)
    if before:
        statement = statement.where(audit.c.entry_id < before)
    statement = statement.order_by(audit.c.entry_id.desc()).limit(limit)
    return [as_record(AuditEntry, row) for row in connection.execute(statement)]


def count_audit(
    connection: Connection, merchant_id: str, *, action: str, subject: str, since: datetime
) -> int:
    """How often something was done to a subject since a time."""
    statement = (
        select(func.count())
        .select_from(audit)
        .where(audit.c.merchant_id == merchant_id, audit.c.at >= since)
        .where(audit.c.action == action, audit.c.subject == subject)
    )
    return int(connection.execute(statement).scalar_one())
