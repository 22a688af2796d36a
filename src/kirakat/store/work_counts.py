"""Counts of work that a dashboard shows."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from kirakat.store.tables import callbacks, renders


class CallbackCount(NamedTuple):
    """Callbacks in one state with the same last answer."""

    state: str
    # None: no answer, or not tried yet.
    code: int | None
    callbacks: int


def count_callbacks(connection: Connection) -> list[CallbackCount]:
    """All callbacks by state and last answer."""
    statement = (
        select(callbacks.c.state, callbacks.c.last_code, func.count())
        .group_by(callbacks.c.state, callbacks.c.last_code)
        .order_by(callbacks.c.state, callbacks.c.last_code)
    )
    return [CallbackCount(*row) for row in connection.execute(statement)]


def count_dead_renders(connection: Connection) -> int:
    """Renders that were given up."""
    statement = select(func.count()).select_from(renders).where(renders.c.state == "dead")
    return int(connection.execute(statement).scalar_one())
