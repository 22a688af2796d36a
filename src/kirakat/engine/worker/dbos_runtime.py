"""DBOS as this process runs it: takes tickets from the queue and hands them to a function."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from kirakat.engine.port.dbos_engine import address_of, open_sqlite_engine, quiet
from kirakat.engine.port.tickets import APPLICATION, PROTOCOL, QUEUE, SCHEMA, WORKFLOW
from kirakat.engine.worker.options import WorkerOptions

if TYPE_CHECKING:
    from dbos import DBOS, DBOSConfig

    from kirakat.store.database import Database


class TicketRunner:
    """Runs tickets in threads from `start` to `stop`. DBOS allows one in a process at a time.

    DBOS' own recovery never starts here: it looks for an executor's unfinished workflows, and
    every process has an id of its own. Silent processes are reaped (`engine.worker.reap`).
    """

    def __init__(
        self,
        database: Database,
        executor_id: str,
        options: WorkerOptions,
        work: Callable[[str], str],
    ) -> None:
        self._options = options
        self._work = work
        self._dbos: DBOS | None = None
        self._engine = open_sqlite_engine(database)
        self._config = _config(address_of(database), executor_id)
        self._config["system_database_engine"] = self._engine

    def start(self) -> None:
        """Take tickets from now on."""
        from dbos import DBOS

        quiet()
        self._dbos = DBOS(config=self._config)
        quiet()

        @DBOS.workflow(name=WORKFLOW)
        def run() -> str:
            return self._work(str(DBOS.workflow_id))

        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            # A worker that is busy leaves further tickets to those that are not.
            worker_concurrency=1,
            polling_interval_sec=self._options.poll,
            on_conflict="always_update",
        )

    def take_no_more(self) -> None:
        """Leave the tickets that are still queued to others."""
        events: list[threading.Event] = (
            self._dbos.background_thread_stop_events if self._dbos else []
        )
        for event in events:
            event.set()

    def stop(self) -> None:
        """Take no more tickets and close; tickets in flight must have ended."""
        from dbos import DBOS

        self.take_no_more()
        DBOS.destroy(destroy_registry=True)
        self._dbos = None
        if self._engine is not None:
            self._engine.dispose()


def _config(address: str, executor_id: str) -> DBOSConfig:
    from dbos import DBOSPortableJSONSerializer

    return {
        "name": APPLICATION,
        "system_database_url": address,
        "dbos_system_schema": SCHEMA,
        "serializer": DBOSPortableJSONSerializer(),
        "executor_id": executor_id,
        "application_version": PROTOCOL,
        # `open_engine` has made the tables.
        "run_migrations": False,
        "use_listen_notify": False,
        "sys_db_pool_size": 5,
        "max_executor_threads": 8,
        "log_level": "WARNING",
        "enable_otlp": False,
    }
