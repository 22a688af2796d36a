"""Where a callback's event stands in its merchant's change feed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from kirakat.store.bulk import in_chunks
from kirakat.store.records import CallbackRecord
from kirakat.store.states import EVENT_OF
from kirakat.store.tables import transitions


def changes_of(connection: Connection, callbacks: Sequence[CallbackRecord]) -> dict[str, int]:
    """The number of the transition that each callback tells of, by webhook-id."""
    numbers: dict[tuple[str, int, str], int] = {}
    for part in in_chunks(sorted({item.key for item in callbacks})):
        statement = (
            select(
                transitions.c.key,
                transitions.c.revision,
                transitions.c.target,
                func.max(transitions.c.sequence).label("number"),
            )
            .where(transitions.c.key.in_(part), transitions.c.target.in_(tuple(EVENT_OF)))
            .group_by(transitions.c.key, transitions.c.revision, transitions.c.target)
        )
        for row in connection.execute(statement):
            numbers[row.key, row.revision, EVENT_OF[row.target]] = row.number
    return {
        item.webhook_id: numbers.get((item.key, item.revision, item.event), 0) for item in callbacks
    }
