"""Decisions written before their answer, all that wait at a time in one transaction.

While one transaction runs the next requests gather, so the busier the service is, the more share
a transaction, and a request waits for at most two of them.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

from kirakat.errors import KirakatError
from kirakat.service.decision_log import Logged, write_logged
from kirakat.service.health import Health, is_outage
from kirakat.store.database import Database

# Decisions of one transaction.
_AT_ONCE = 2_000


class _Waiting(NamedTuple):
    decisions: list[Logged]
    # True once they are written, False when they cannot be.
    written: asyncio.Future[bool]


class GroupCommit:
    """Used by one event loop; the transactions run in a thread of their own."""

    def __init__(self, database: Database, health: Health, *, wait: float) -> None:
        """`wait`: seconds after which a request goes on without."""
        self._database, self._health, self._wait = database, health, wait
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._waiting: list[_Waiting] = []
        # Loop time at which the transaction that runs began; None: none runs.
        self._running_since: float | None = None

    def warm_up(self) -> None:
        """Open the thread's connection, which takes longer than a request should wait."""
        self._thread.submit(self._open)

    def close(self) -> None:
        """Wait for the transaction that runs, and let the thread go."""
        self._thread.shutdown(cancel_futures=True)

    async def write(self, decisions: list[Logged]) -> bool:
        """Whether the decisions are in the database now.

        False when they could not be written within the time: then no answer names them. One that
        is written after that is a decision that nothing was heard of.
        """
        loop = asyncio.get_running_loop()
        if self._running_since is not None and loop.time() - self._running_since > self._wait:
            # It hangs, for a lock maybe: waiting for it would only slow down the page.
            return False
        mine = _Waiting(decisions, loop.create_future())
        self._waiting.append(mine)
        self._start(loop)
        late = loop.call_later(self._wait, self._give_up, mine)
        try:
            return await mine.written
        finally:
            late.cancel()

    def _give_up(self, mine: _Waiting) -> None:
        if mine in self._waiting:
            self._waiting.remove(mine)
        if not mine.written.done():
            mine.written.set_result(False)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._running_since is not None or not self._waiting:
            return
        group: list[_Waiting] = []
        count = 0
        while self._waiting and (not group or count < _AT_ONCE):
            group.append(self._waiting.pop(0))
            count += len(group[-1].decisions)
        self._running_since = loop.time()
        work = loop.run_in_executor(self._thread, self._commit, group)
        work.add_done_callback(lambda done: self._ended(loop, group, done))

    def _open(self) -> None:
        # Without a database requests go on without being logged, and their health check tells.
        with suppress(KirakatError), self._database.writing():
            pass

    def _commit(self, group: list[_Waiting]) -> None:
        rows = [row for one in group for row in one.decisions]
        with self._database.writing() as connection:
            write_logged(connection, rows)

    def _ended(
        self, loop: asyncio.AbstractEventLoop, group: list[_Waiting], done: asyncio.Future[None]
    ) -> None:
        self._running_since = None
        error = None if done.cancelled() else done.exception()
        if isinstance(error, KirakatError) and is_outage(error):
            self._health.fails("database", str(error))
        for one in group:
            if not one.written.done():
                one.written.set_result(error is None and not done.cancelled())
        self._start(loop)
