"""One fleet goes through every fault, one after another, and loses nothing.

A phase asks for its share of the keys, does its harm, and ends when all of them have ended. The
rows are printed as one table. Phases keep to an order: after "releases" only workers of the
newer protocol may work, and the last one adds endpoints with every kind of trouble.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, text, update

from kirakat.store.callbacks import list_callbacks
from kirakat.store.database import open_database
from kirakat.store.endpoints import create_endpoint, list_endpoints
from kirakat.store.tables import callbacks, endpoints
from tests.databases import PostgresServer
from tests.support.asks import NOW, SHOP, some_ask
from tests.support.fleet import ENDED, Fleet, is_alive, titled_ask
from tests.support.worker_process import QUICK
from tests.unit.webhooks.receiver import Receiver

# Phases that ask for keys.
PHASES = 10
_EDGES = ("claim", "render", "blob", "publish")
_NEWER = "2"
# Where nobody dies, a machine that is busy with other tests must not look like it.
_CALM = {"lease": 10.0}
# What a worker may have drawn and not published when it dies.
_IN_FLIGHT = QUICK.in_flight


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one phase cost."""

    fault: str
    keys: int
    # Processes that were killed or frozen.
    harmed: int
    drawn_again: int
    # From the harm until every key had ended.
    seconds: float
    ends: Counter[str]


@dataclass
class Course:
    """A fleet, and how many keys each of the phases gets."""

    fleet: Fleet
    share: int
    receiver: Receiver
    server: PostgresServer | None
    # Longest time for a phase, in seconds.
    limit: float
    rows: list[Row] = field(default_factory=list)
    asked: int = 0

    def run(self) -> None:
        """Go through all of it."""
        with self.fleet.database.writing() as connection:
            connection.execute(update(endpoints).values(url=self.receiver.address("/204")))
        self.undisturbed()
        self.workers_killed()
        self.producers_killed()
        self.frozen()
        self.database_away()
        self.blobs_away()
        self.bad_pictures()
        self.skewed()
        self.releases()
        self.fleet.check()
        self.senders_killed()

    def undisturbed(self) -> None:
        """What the others are compared with."""
        with self._phase("none"):
            self._ask()
            workers = [self.fleet.start(options=_CALM), self.fleet.start(options=_CALM)]
        self._stop(*workers)

    def workers_killed(self) -> None:
        """kill -9 after the claim, the drawing, the blob and the commit."""
        self._ask()
        dying = [self.fleet.start(fault=edge) for edge in _EDGES]
        self.fleet.wait_for_death(*dying)
        with self._phase("workers killed at 4 edges", harmed=4):
            survivor = self.fleet.start()
        self._stop(survivor)

    def producers_killed(self) -> None:
        """kill -9 before and after the commit that accepts keys; the caller asks again."""
        first = self._take()
        order = {"first": first, "count": self.share}
        for fault in ("accept", "commit"):
            self.fleet.wait_for_death(self.fleet.start("ask", fault=fault, **order))
        with self._phase("producers killed at 2 edges"):
            worker = self.fleet.start(options=_CALM)
            self.fleet.wait_for_death(self.fleet.start("ask", **order))
        self._stop(worker)

    def frozen(self) -> None:
        """SIGSTOP past the lease, then SIGCONT."""
        self._ask()
        frozen = self.fleet.start(seconds=0.3)
        self.fleet.wait(lambda: self.fleet.jobs()["running"] > 0)
        self.fleet.freeze(frozen)
        with self._phase("a worker frozen past its lease", harmed=1):
            other = self.fleet.start()
            self.fleet.wait(self._has_ended, self.limit)
            os.kill(frozen, signal.SIGCONT)
            self._stop(frozen)
        self._stop(other)

    def database_away(self) -> None:
        """PostgreSQL killed and started; SQLite's file locked for longer than a lease."""
        self._ask()
        worker = self.fleet.start(seconds=0.05, options={"lease": 1.5})
        self.fleet.wait(lambda: self.fleet.jobs()["running"] > 0)
        if self.server is None:
            with self._phase("SQLite locked for 2 s"):
                self._lock_file(2.0)
        else:
            with self._phase("PostgreSQL killed"):
                self.server.restart()
                self.fleet.database.close()
        self._stop(worker)

    def blobs_away(self) -> None:
        """An outage that outlasts all the tries of a render, had they been counted."""
        trouble = self.fleet.folder / "trouble"
        self._ask()
        worker = self.fleet.start(
            seconds=0.05, trouble=str(trouble), options={"max_attempts": 2, "lease": 1.0}
        )
        self.fleet.wait(lambda: self.fleet.jobs()["running"] > 0)
        with self._phase("blobs fail, then hang: 4 s", harmed=1):
            for kind in ("error", "timeout"):
                trouble.write_text(kind)
                time.sleep(2.0)
            trouble.unlink()
        self._stop(worker)

    def bad_pictures(self) -> None:
        """Memory that is too small for a batch, a model that raises, a picture that kills."""
        first = self._take()
        titles = {0: "hungry", 1: "poison", 2: "killer", 3: "ugly", 4: "blurred", 5: "bodiless"}
        numbers = range(first, first + self.share)
        self.fleet.ask(
            [
                titled_ask(number, titles[number - first])
                if number - first in titles
                else some_ask(number)
                for number in numbers
            ]
        )
        options = {"max_attempts": 2, "lease": 1.0}
        with self._phase("out of memory, poison, a killer", harmed=2):
            worker = self.fleet.start(options=options)
            end = time.monotonic() + self.limit
            while not self._has_ended():
                assert time.monotonic() < end, self.fleet.jobs()
                if not is_alive(worker):
                    worker = self.fleet.start(options=options)
                time.sleep(0.05)
        self._stop(worker)

    def skewed(self) -> None:
        """Clocks an hour apart (SQLite is for one machine, whose clock may be set a little)."""
        skew = 0.4 if self.server is None else 3600.0
        with self._phase("clocks that differ"):
            order = {"first": self._take(), "count": self.share}
            workers = [
                self.fleet.start(skew=-skew, options=_CALM),
                self.fleet.start(skew=skew, options=_CALM),
            ]
            self.fleet.wait_for_death(self.fleet.start("ask", skew=3600.0, **order))
        self._stop(*workers)

    def releases(self) -> None:
        """A migrated database, then workers of a protocol that this release cannot share."""
        with self.fleet.database.writing() as connection:
            connection.execute(text("CREATE TABLE from_a_later_release (id INTEGER)"))
            connection.execute(text("ALTER TABLE renders ADD COLUMN from_a_later_release TEXT"))
            connection.execute(text("UPDATE kirakat_version SET version_num = '9999'"))
        with self._phase("older and newer releases"):
            self._ask(self.share // 2)
            older = self.fleet.start(seconds=0.1, options=_CALM)
            self.fleet.wait(lambda: self.fleet.jobs()["running"] > 0)
            newer = self.fleet.start(protocol=_NEWER, options=_CALM)
            self._ask(self.share - self.share // 2)
        self._stop(older, newer)
        late = self.fleet.start()
        self.fleet.wait_for_death(late)
        assert "update it" in self.fleet.note(late)

    def senders_killed(self) -> None:
        """kill -9 before and after the POST, and receivers with every kind of trouble."""
        order: dict[str, Any] = {"callbacks": True, "protocol": _NEWER}
        with self.fleet.database.writing() as connection:
            for path in ("/500", "/moved", "/silent", "/410"):
                create_endpoint(connection, SHOP, self.receiver.address(path), now=NOW)
        self._ask()
        for fault in ("call", "called"):
            self.fleet.wait_for_death(self.fleet.start(fault=fault, **order))
        with self._phase("senders killed at 2 edges", harmed=2):
            sender = self.fleet.start(**order)
            self.fleet.wait(self._has_ended, self.limit)
            self.fleet.wait(self._are_all_called, self.limit)
        self._stop(sender)
        self._check_callbacks()

    def table(self) -> str:
        """The rows for a person."""
        name = "SQLite" if self.server is None else "PostgreSQL"
        lines = ["fault | database | keys | lost | drawn again | s until all had ended"]
        for row in self.rows:
            lost = sum(count for state, count in row.ends.items() if state not in ENDED)
            lines.append(
                f"{row.fault} | {name} | {row.keys} | {lost} | {row.drawn_again} "
                f"| {row.seconds:.1f}"
            )
        return "\n".join(lines)

    @contextmanager
    def _phase(self, fault: str, *, harmed: int = 0) -> Iterator[None]:
        again, asked = self.fleet.drawn_again(), sum(row.keys for row in self.rows)
        begin = time.monotonic()
        yield
        self.fleet.wait(self._has_ended, self.limit)
        row = Row(
            fault=fault,
            keys=self.asked - asked,
            harmed=harmed,
            drawn_again=self.fleet.drawn_again() - again,
            seconds=time.monotonic() - begin,
            ends=self.fleet.states(),
        )
        self.rows.append(row)
        assert row.drawn_again <= harmed * _IN_FLIGHT, row
        assert sum(row.ends.values()) == self.asked, "an accepted key is lost"

    def _take(self, count: int | None = None) -> int:
        """The number of the first of the phase's keys."""
        first = self.asked
        self.asked += self.share if count is None else count
        return first

    def _ask(self, count: int | None = None) -> None:
        first = self._take(count)
        self.fleet.ask([some_ask(number) for number in range(first, self.asked)])

    def _has_ended(self) -> bool:
        states = self.fleet.states()
        return set(states) <= ENDED and sum(states.values()) == self.asked

    def _stop(self, *pids: int) -> None:
        assert self.fleet.stop(*pids) == ["clean"] * len(pids)

    def _lock_file(self, seconds: float) -> None:
        other = open_database(self.fleet.url)
        with other.writing():
            time.sleep(seconds)
        other.close()

    def _are_all_called(self) -> bool:
        """Whether no callback is due for the first time, but at the endpoint that said 410."""
        statement = (
            select(callbacks.c.webhook_id)
            .join(endpoints, endpoints.c.endpoint_id == callbacks.c.endpoint_id)
            .where(endpoints.c.enabled, callbacks.c.last_code.is_(None), callbacks.c.error == "")
            .where(callbacks.c.state == "pending")
            .limit(1)
        )
        with self.fleet.database.reading() as connection:
            return connection.execute(statement).first() is None

    def _check_callbacks(self) -> None:
        states: dict[str, Counter[str]] = {}
        with self.fleet.database.reading() as connection:
            for endpoint in list_endpoints(connection, SHOP):
                path = endpoint.url.rsplit("/", 1)[1]
                found = list_callbacks(
                    connection, SHOP, endpoint_id=endpoint.endpoint_id, limit=10**6
                )
                states[path] = Counter(item.state for item in found)
                if path == "204":
                    ids = [item.webhook_id for item in found]
                if path == "410":
                    assert not endpoint.enabled
        received = self._received()
        assert set(received) == set(ids), "an event is lost, or came with another id"
        assert len(ids) == len(set(ids))
        assert set(states["204"]) == {"delivered"}
        assert not states["410"]["delivered"]
        for path in ("500", "moved", "silent"):
            assert set(states[path]) == {"failed"}, states
        # A message of the two that the killed senders had claimed came twice.
        assert len(received) - len(set(received)) <= 100

    def _received(self) -> list[str]:
        """The ids of the events that came at the good endpoint."""
        bodies = [json.loads(body) for path, _, body in self.receiver.came if path == "/204"]
        return [str(event["id"]) for body in bodies for event in _events(body)]


def _events(body: dict[str, Any]) -> Sequence[dict[str, Any]]:
    found: Sequence[dict[str, Any]] = (
        body["data"]["events"] if body["type"] == "creative.batch" else [body]
    )
    return found
