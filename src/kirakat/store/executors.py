"""Signs of life of worker processes, and what silent ones still hold."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from kirakat.store.bulk import as_record, upsert_into
from kirakat.store.records import ExecutorRecord, HeldRender
from kirakat.store.tables import executors, renders


def beat(
    connection: Connection,
    *,
    executor_id: str,
    host: str,
    pid: int,
    version: str,
    now: datetime,
) -> None:
    """Note that a process is alive; the first beat enters it."""
    statement = upsert_into(connection, executors).values(
        executor_id=executor_id, host=host, pid=pid, version=version,
        started_at=now, heartbeat_at=now,
    )  # fmt: skip
    connection.execute(
        statement.on_conflict_do_update(index_elements=["executor_id"], set_={"heartbeat_at": now})
    )


def remove_executor(connection: Connection, executor_id: str) -> None:
    """Forget a process that stopped in good order (what it held counts as held by the dead)."""
    connection.execute(delete(executors).where(executors.c.executor_id == executor_id))


def list_executors(connection: Connection) -> list[ExecutorRecord]:
    """All known processes, the last seen first."""
    statement = select(executors).order_by(executors.c.heartbeat_at.desc())
    return [as_record(ExecutorRecord, row) for row in connection.execute(statement)]


def held_by_silent(connection: Connection, *, silent_since: datetime) -> list[HeldRender]:
    """Running renders whose process gave no sign of life after `silent_since`, or is unknown.

    Bring one back with `retry_render(..., outcome="lost")` or `bury_render`: both do nothing
    but raise `ConflictError` when its ticket has changed since.
    """
    statement = (
        select(renders)
        .outerjoin(executors, executors.c.executor_id == renders.c.executor_id)
        .where(renders.c.state == "running")
        .where(executors.c.heartbeat_at.is_(None) | (executors.c.heartbeat_at < silent_since))
        .order_by(renders.c.render_id)
    )
    return [as_record(HeldRender, row) for row in connection.execute(statement)]
