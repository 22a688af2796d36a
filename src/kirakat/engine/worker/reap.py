"""Bring back what dead, frozen or forgetful workers hold."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kirakat.engine.port.dbos_engine import DbosEngine
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.put_back import put_back
from kirakat.errors import ConflictError
from kirakat.store.dispatch import held_by
from kirakat.store.executors import held_by_silent, list_executors, remove_executor
from kirakat.store.records import HeldRender

if TYPE_CHECKING:
    from kirakat.store.database import Database

_log = logging.getLogger(__name__)

# A worker that was silent for so many leases is forgotten.
_FORGOTTEN = 100


def reap_silent(
    database: Database, engine: DbosEngine, options: WorkerOptions, *, now: datetime
) -> int:
    """Put back what workers hold that were silent for a lease; gives how many renders.

    Their tickets are withdrawn and issued anew. One that wakes later finds that its claims have
    ended, and publishes nothing.
    """
    since = now - timedelta(seconds=options.lease)
    # Before the executors: a worker is entered before it takes its first ticket.
    running = engine.running_tickets()
    with database.reading() as connection:
        held = held_by_silent(connection, silent_since=since)
        known = list_executors(connection)
    alive = {item.executor_id for item in known if item.heartbeat_at >= since}
    reaped = _put_all_back(database, engine, options, held, "its worker was silent", now)
    stale = [ticket for ticket, holder in running if holder not in alive]
    if stale:
        engine.withdraw(stale)
        # Those with a claim were issued anew when it was put back.
        _reissue(database, engine, set(stale) - {item.ticket for item in held})
    long_ago = now - timedelta(seconds=options.lease * _FORGOTTEN)
    for item in known:
        if item.heartbeat_at < long_ago:
            _forget(database, item.executor_id)
    return reaped


def reap_own(
    database: Database,
    engine: DbosEngine,
    options: WorkerOptions,
    executor_id: str,
    in_flight: Callable[[], Collection[str]],
    *,
    now: datetime,
) -> int:
    """Put back what this worker is said to hold but does not work on; gives how many renders.

    That happens when the database was away for longer than the worker's patience.
    """
    with database.reading() as connection:
        held = held_by(connection, executor_id)
    # Asked after the rows were read: a claim of a ticket that ended meanwhile has ended too.
    working = in_flight()
    stray = [item for item in held if item.ticket not in working]
    return _put_all_back(database, engine, options, stray, "its result could not be kept", now)


def _put_all_back(
    database: Database,
    engine: DbosEngine,
    options: WorkerOptions,
    held: Iterable[HeldRender],
    error: str,
    now: datetime,
) -> int:
    count = 0
    for item in held:
        try:
            with database.writing() as connection:
                put_back(
                    connection, engine, item,
                    error=error, outcome="lost", options=options, now=now,
                )  # fmt: skip
        except ConflictError:
            # Another worker was quicker, or the silent one was not dead after all.
            continue
        count += 1
        _log.warning("render %s was taken from %s: %s", item.render_id, item.executor_id, error)
    return count


def _reissue(database: Database, engine: DbosEngine, tickets: Collection[str]) -> None:
    with database.writing() as connection:
        for ticket in sorted(tickets):
            engine.reissue(connection, ticket)


def _forget(database: Database, executor_id: str) -> None:
    with database.writing() as connection:
        remove_executor(connection, executor_id)
