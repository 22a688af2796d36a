"""Writing decisions before they are answered."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from kirakat.errors import StoreError
from kirakat.service import group_commit
from kirakat.service.decision_log import Logged
from kirakat.service.group_commit import GroupCommit
from kirakat.service.health import Health
from kirakat.store.decision_contexts import WrittenContext
from kirakat.store.quick_decisions import WrittenDecision

AT = datetime(2026, 11, 21, tzinfo=UTC)


class Database:
    """Transactions that last until they are let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.error: Exception | None = None
        self.groups: list[list[str]] = []

    @contextmanager
    def writing(self) -> Iterator[list[str]]:
        """One transaction."""
        group: list[str] = []
        yield group
        self.go.wait(5.0)
        if self.error is not None:
            raise self.error
        self.groups.append(group)


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database that keeps decisions' ids by transaction."""

    def write(group: list[str], rows: list[Logged]) -> None:
        group += [row.decision.decision_id for row in rows]

    monkeypatch.setattr(group_commit, "write_logged", write)
    return Database()


def logged(name: str) -> list[Logged]:
    """The decisions of one request."""
    return [
        Logged(
            WrittenDecision(name, "shop", "{}", AT), WrittenContext(name, "shop", "", "", "", AT)
        )
    ]


def commit_of(database: Any, wait: float = 5.0) -> GroupCommit:
    """A group commit on that database."""
    return GroupCommit(database, Health(), wait=wait)


def test_who_comes_while_a_transaction_runs_shares_the_next(database: Database) -> None:
    """If each had its own, a disk's commits a second would be the service's requests."""

    async def run() -> list[bool]:
        commit = commit_of(database)
        waiting = [asyncio.ensure_future(commit.write(logged(str(n)))) for n in range(5)]
        await asyncio.sleep(0.05)
        database.go.set()
        return await asyncio.gather(*waiting)

    assert asyncio.run(run()) == [True] * 5
    assert database.groups == [["0"], ["1", "2", "3", "4"]]


def test_nobody_waits_longer_than_the_bound(database: Database) -> None:
    """If it did, a slow disk would take the page down with it."""

    async def run() -> tuple[bool, bool]:
        commit = commit_of(database, wait=0.02)
        runs, waits = await asyncio.gather(
            commit.write(logged("runs")), commit.write(logged("waits"))
        )
        database.go.set()
        await asyncio.sleep(0.05)
        assert await commit.write(logged("later"))
        return runs, waits

    assert asyncio.run(run()) == (False, False)
    # Whoever gave up before its transaction began is not written.
    assert database.groups == [["runs"], ["later"]]


def test_what_the_database_refuses_is_not_written_and_the_next_goes_on(
    database: Database,
) -> None:
    """If one failure stuck, every later decision would be lost."""
    database.go.set()

    async def run() -> list[bool]:
        commit = commit_of(database)
        database.error = StoreError("refused")
        first = await commit.write(logged("a"))
        database.error = None
        return [first, await commit.write(logged("b"))]

    assert asyncio.run(run()) == [False, True]


def test_while_a_transaction_hangs_nobody_waits_at_all(database: Database) -> None:
    """If everybody did, a locked database would slow down every page."""

    async def run() -> float:
        commit = commit_of(database, wait=0.05)
        assert not await commit.write(logged("hangs"))
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert not any([await commit.write(logged(str(number))) for number in range(20)])
        database.go.set()
        return loop.time() - began

    assert asyncio.run(run()) < 20 * 0.05
