"""The engine on DBOS Transact, in the same database as the rows (SQLite or PostgreSQL)."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kirakat.engine.port.engine import Job
from kirakat.engine.port.tickets import (
    APPLICATION,
    JOBS_A_TICKET,
    MOST_TICKETS,
    PROTOCOL,
    QUEUE,
    SCHEMA,
    WORKFLOW,
    ticket_id,
)
from kirakat.errors import MissingExtraError, StoreError

if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions
    from sqlalchemy import Connection, Engine

    from kirakat.store.database import Database


class DbosEngine:
    """An `Engine` that issues tickets for jobs; see `engine.port.tickets`."""

    def __init__(self, client: DBOSClient, own: Engine | None) -> None:
        self.client = client
        self._own = own

    def enqueue(self, connection: Connection, jobs: Iterable[Job]) -> int:
        """Queue jobs in the caller's transaction; gives how many distinct ones."""
        distinct = sorted(set(jobs))
        for job in distinct[::JOBS_A_TICKET][:MOST_TICKETS]:
            self.issue(connection, ticket_id(job.render_id, job.round))
        return len(distinct)

    def issue(self, connection: Connection, ticket: str, *, delay: float = 0.0) -> None:
        """Queue one ticket, to be run `delay` seconds from now; a known one stays as it is."""
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUE,
            "workflow_id": ticket,
            "app_version": PROTOCOL,
        }
        if delay > 0:
            options["delay_seconds"] = delay
        self.client.enqueue_in_transaction(connection, options)

    def reissue(self, connection: Connection, ticket: str, *, delay: float = 0.0) -> None:
        """Queue a further ticket like one that is used up."""
        render_id, round_ = ticket.split(":")[:2]
        again = ticket_id(render_id, int(round_), secrets.token_hex(4))
        self.issue(connection, again, delay=delay)

    def running_tickets(self) -> list[tuple[str, str]]:
        """Tickets that worker processes have taken, each with its executor's id."""
        with _as_store_errors():
            found = self.client.list_workflows(
                status="PENDING", queue_name=QUEUE, load_input=False, load_output=False
            )
        return [(item.workflow_id, item.executor_id or "") for item in found]

    def queued_tickets(self, *, limit: int = 1000) -> list[str]:
        """Tickets that nobody has taken yet and that are due."""
        with _as_store_errors():
            found = self.client.list_workflows(
                status="ENQUEUED", queue_name=QUEUE, limit=limit,
                load_input=False, load_output=False,
            )  # fmt: skip
        return [item.workflow_id for item in found]

    def newest_protocol(self) -> int:
        """The latest protocol of any worker that was ever started on the database."""
        with _as_store_errors():
            found = self.client.list_application_versions()
        names = [item["version_name"] for item in found]
        return max((int(name) for name in names if name.isdecimal()), default=int(PROTOCOL))

    def withdraw(self, tickets: Sequence[str]) -> None:
        """Take tickets from whoever runs them; what those do in the end is not noted."""
        with _as_store_errors():
            self.client.cancel_workflows(list(tickets))

    def forget(self, *, before: datetime, limit: int = 1000) -> int:
        """Delete up to `limit` tickets that ended before a time; gives how many."""
        with _as_store_errors():
            ended = self.client.list_workflows(
                name=WORKFLOW, completed_before=before.isoformat(), limit=limit,
                load_input=False, load_output=False,
            )  # fmt: skip
            if ended:
                self.client.delete_workflows([item.workflow_id for item in ended])
        return len(ended)

    def close(self) -> None:
        """Close the engine's own connections."""
        self.client.destroy()
        if self._own is not None:
            self._own.dispose()


def open_engine(database: Database) -> DbosEngine:
    """The engine beside a database's rows; DBOS' own tables are made when they are missing.

    Raises `MissingExtraError` when the extra `serve` is not installed, and `StoreError` when the
    database cannot be reached.
    """
    try:
        from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer
    except ModuleNotFoundError as error:
        raise MissingExtraError("dbos", "serve") from error
    address = address_of(database)
    quiet()
    with _as_store_errors():
        DBOS.migrate(address, schema=SCHEMA)
    own = open_sqlite_engine(database)
    client = DBOSClient(
        system_database_url=address,
        system_database_engine=own,
        dbos_system_schema=SCHEMA,
        # Not pickle: whoever can write to the database must not run code in workers.
        serializer=DBOSPortableJSONSerializer(),
        application_name=APPLICATION,
        # A lost connection is the caller's to see, not a wait without end.
        retry_connection_errors=False,
        lazy=True,
    )
    return DbosEngine(client, own)


def open_sqlite_engine(database: Database) -> Engine | None:
    """DBOS' connections to a SQLite file as it would open them, but as fast as the store's.

    DBOS leaves SQLite's `synchronous` at FULL, a wait for the disk in every transaction. None
    for PostgreSQL, where DBOS opens its own.
    """
    if not database.is_sqlite:
        return None
    from sqlalchemy import create_engine, event

    engine = create_engine(address_of(database), pool_size=5, max_overflow=0)

    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("busy_timeout=30000", "foreign_keys=ON", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", prepare)
    return engine


def address_of(database: Database) -> str:
    """The database's address with its password, as DBOS takes it."""
    url = database.engine.url
    plain = url if database.is_sqlite else url.set(drivername="postgresql")
    return plain.render_as_string(hide_password=False)


def quiet() -> None:
    """Let DBOS report what is wrong, not its start, its stop and what is as it should be."""
    log = logging.getLogger("dbos")
    log.setLevel(logging.WARNING)
    if not any(isinstance(item, _AsItShouldBe) for item in log.filters):
        log.addFilter(_AsItShouldBe())


class _AsItShouldBe(logging.Filter):
    """Drops what DBOS says of tickets that were withdrawn from a worker, or taken as it stops."""

    _TEXTS = (
        "is no longer owned by this execution",
        "Exception encountered in background workflow",
        "Executor accessed before DBOS was launched",
    )

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to report it."""
        message = record.getMessage()
        return not any(text in message for text in self._TEXTS)


@contextmanager
def _as_store_errors() -> Iterator[None]:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(f"the queue is out of reach: {error}") from error
