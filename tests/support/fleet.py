"""A fleet of workers on one database, and what must hold when it has done its work."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from kirakat.clock import SystemClock
from kirakat.engine.port.dbos_engine import open_engine
from kirakat.engine.port.request import request
from kirakat.store.blobs import open_blobs
from kirakat.store.database import Database
from kirakat.store.identities import make_ask
from kirakat.store.records import Ask, AskOutcome
from kirakat.store.states import Lane
from kirakat.store.tables import callbacks, creatives, endpoints, renders, transitions
from tests.support.asks import some_ask

_ROOT = Path(__file__).parents[2]
ENDED = {"ready", "in_review", "rejected", "dead", "cancelled"}
PUBLISHED = ("ready", "in_review", "rejected")


class Nursery:
    """A process that has imported everything and forks others on demand."""

    def __init__(self, errors: Path) -> None:
        path = os.pathsep.join([str(_ROOT / "src"), str(_ROOT)])
        self._errors = errors.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.worker_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": path},
        )

    def fork(self, order: dict[str, Any]) -> int:
        """Start a process; gives its id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End it (not its children)."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()


@dataclass
class Fleet:
    """Workers of one test; all are killed at its end."""

    database: Database
    url: str
    folder: Path
    nursery: Nursery
    started: list[int] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """Where renderers note what they were asked."""
        return self.folder / "renders.log"

    def start(self, role: str = "work", **order: Any) -> int:
        """Start a worker (or another role); gives its process id."""
        place = {"database": self.url, "blobs": str(self.folder / "blobs"), "log": str(self.log)}
        pid = self.nursery.fork({"role": role, **place, **order})
        self.started.append(pid)
        return pid

    def ask(self, asks: Sequence[Ask], lane: Lane = "catalog") -> list[AskOutcome]:
        """Ask for keys from this process."""
        engine = open_engine(self.database)
        with self.database.writing() as connection:
            outcomes = request(engine, connection, asks, lane, now=SystemClock().now())
        engine.close()
        return outcomes

    def states(self) -> Counter[str]:
        """How many keys are in each state."""
        return self._count(creatives)

    def jobs(self) -> Counter[str]:
        """How many renders are in each state."""
        return self._count(renders)

    def wait(self, done: Callable[[], bool], seconds: float = 120.0) -> float:
        """Wait until `done`; gives the seconds that took."""
        begin = time.monotonic()
        while not done():
            assert time.monotonic() - begin < seconds, (self.states(), self.jobs())
            time.sleep(0.05)
        return time.monotonic() - begin

    def wait_until_ended(self, seconds: float = 120.0) -> float:
        """Wait until no render is queued or running."""
        return self.wait(lambda: not {"queued", "running"} & set(self.jobs()), seconds)

    def wait_for_death(self, *pids: int, seconds: float = 90.0) -> None:
        """Wait until processes have ended."""
        self.wait(lambda: not any(is_alive(pid) for pid in pids), seconds)

    def stop(self, *pids: int) -> list[str]:
        """Tell workers to stop, and wait; gives how they say that went."""
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
        self.wait_for_death(*pids)
        return [self.note(pid) for pid in pids]

    def note(self, pid: int) -> str:
        """How a process says that it ended."""
        note = Path(f"{self.log}.{pid}")
        return note.read_text() if note.exists() else "died"

    def freeze(self, pid: int) -> None:
        """Stop a process while it holds no lock on a SQLite file, which nobody could break."""
        while True:
            os.kill(pid, signal.SIGSTOP)
            if not self.database.is_sqlite or _is_free(self.database.engine.url.database):
                return
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.02)

    def kill_all(self) -> None:
        """Leave no process behind."""
        for pid in self.started:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)

    def drawn(self) -> Counter[tuple[str, str]]:
        """How often each (render, round) was computed."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return Counter((line.split()[0], line.split()[1]) for line in lines)

    def drawn_again(self) -> int:
        """Renders beyond the first of each round."""
        return sum(count - 1 for count in self.drawn().values())

    def check(self) -> None:
        """What must hold whatever happened."""
        assert set(self.states()) <= ENDED, "a key is lost"
        assert not {"queued", "running"} & set(self.jobs()), "a render is lost"
        with self.database.reading() as connection:
            published = connection.execute(
                select(transitions.c.key, transitions.c.revision, func.count())
                .where(transitions.c.target.in_(PUBLISHED), transitions.c.origin == "rendering")
                .group_by(transitions.c.key, transitions.c.revision)
                .having(func.count() > 1)
            ).all()
            assert not published, "a key was published twice"
            hashes = connection.execute(
                select(creatives.c.sha256).where(creatives.c.state.in_(PUBLISHED))
            ).scalars()
            blobs = open_blobs(str(self.folder / "blobs"))
            assert all(sha256 and blobs.head(sha256).size for sha256 in hashes), "a blob is lost"
            owed = connection.execute(
                select(func.count())
                .select_from(transitions)
                .where(transitions.c.target.in_(("ready", "rejected", "retired", "dead")))
            ).scalar_one()
            listeners = connection.execute(select(func.count()).select_from(endpoints)).scalar_one()
            sent = connection.execute(
                select(func.count(callbacks.c.webhook_id.distinct()))
            ).scalar_one()
            assert sent == owed * listeners, "not one callback for each event and endpoint"

    def _count(self, table: Any) -> Counter[str]:
        statement = select(table.c.state, func.count()).group_by(table.c.state)
        with self.database.reading() as connection:
            return Counter({str(row[0]): int(row[1]) for row in connection.execute(statement)})


def _is_free(path: str | None) -> bool:
    """Whether the file can be written to now."""
    connection = sqlite3.connect(str(path), timeout=0.5, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return True


def is_alive(pid: int) -> bool:
    """Whether a process of ours exists: on a busy machine numbers are soon used again."""
    if Path("/proc/self").exists():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        return b"worker_process" in command
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def titled_ask(number: int, title: str) -> Ask:
    """The ask of an offer whose title tells the renderer what to do."""
    plain = some_ask(number)
    return make_ask(
        offer=replace(plain.offer, title=title),
        image_id=plain.image_id,
        prompt=plain.prompt,
        placement=plain.placement,
        treatment=plain.treatment,
        recipe=plain.recipe,
        bucket=plain.bucket,
    )
