"""Bring back what dead, frozen or forgetful workers hold."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from kirakat.engine.port.dbos_engine import DbosEngine
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.put_back import put_back
from kirakat.engine.worker.settle import Settler
from kirakat.errors import ConflictError
from kirakat.store.dispatch import held_by
from kirakat.store.executors import held_by_silent, list_executors, remove_executor
from kirakat.store.records import HeldRender

if TYPE_CHECKING:
    from kirakat.store.database import Database

_log = logging.getLogger(__name__)

_End = Literal["lost", "released"]

# A worker that was silent for so many leases is forgotten.
_FORGOTTEN = 100


def reap_silent(
    database: Database, engine: DbosEngine, options: WorkerOptions, *, now: datetime
) -> int:
    """Put back what workers hold that were silent for a lease; gives how many renders.

    The tickets that they run are withdrawn and issued anew. One that wakes later finds that its
    claims have ended, and publishes nothing.
    """
    since = now - timedelta(seconds=options.lease)
    # Before the executors: a worker is entered before it takes its first ticket.
    running = engine.running_tickets()
    with database.reading() as connection:
        held = held_by_silent(connection, silent_since=since)
        known = list_executors(connection)
    alive = {item.executor_id for item in known if item.heartbeat_at >= since}
    reaped = 0
    for item in held:
        reaped += _take(database, engine, options, item, "its worker was silent", "lost", now)
    if reaped:
        _log.warning("%d renders were taken from workers that were silent", reaped)
    stale = [ticket for ticket, holder in running if holder not in alive]
    if stale:
        engine.withdraw(stale)
        _reissue(database, engine, stale)
    long_ago = now - timedelta(seconds=options.lease * _FORGOTTEN)
    for executor in known:
        if executor.heartbeat_at < long_ago:
            _forget(database, executor.executor_id)
    return reaped


def reap_own(
    database: Database,
    engine: DbosEngine,
    options: WorkerOptions,
    executor_id: str,
    settler: Settler,
    *,
    now: datetime,
) -> int:
    """Put back what this worker is said to hold but does not work on; gives how many renders.

    That happens when the database was away for longer than the worker's patience, which is not
    counted as a try.
    """
    with database.reading() as connection:
        held = held_by(connection, executor_id)
    # Asked after the rows were read: what is no longer in flight had its end written before.
    working, stranded = settler.in_flight(), settler.stranded()
    reaped = 0
    for item in held:
        if item.ticket not in working:
            outcome: _End = "released" if item.ticket in stranded else "lost"
            reaped += _take(
                database, engine, options, item, "its result could not be kept", outcome, now
            )
    return reaped


def _take(
    database: Database,
    engine: DbosEngine,
    options: WorkerOptions,
    held: HeldRender,
    error: str,
    outcome: _End,
    now: datetime,
) -> bool:
    """Put one render back; False when another worker was quicker, or its holder not dead."""
    try:
        with database.writing() as connection:
            put_back(
                connection, engine, held, error=error, outcome=outcome, options=options, now=now
            )
    except ConflictError:
        return False
    _log.info("render %s was taken from %s: %s", held.render_id, held.executor_id, error)
    return True


def _reissue(database: Database, engine: DbosEngine, tickets: Collection[str]) -> None:
    with database.writing() as connection:
        for ticket in sorted(tickets):
            engine.reissue(connection, ticket)


def _forget(database: Database, executor_id: str) -> None:
    with database.writing() as connection:
        remove_executor(connection, executor_id)
