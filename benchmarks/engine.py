"""The engine beside a plain DBOS queue with one workflow a key: speed, and what a kill costs.

    python benchmarks/engine.py [--keys 1000] [--batch 16] [--database postgresql://...]

Both make no pixels: a key's picture is 64 bytes, which are stored as a blob. The peer is the
library's own loop, written as its documentation does: one workflow a key with a step that draws
and a step that stores, on a queue that lets as many run at once as our worker holds. It keeps
no states, history or callbacks; ours writes those too. Each has one process. The kill is a
kill -9 when a third of the keys are drawn, after which the same is started again: the peer under
the same executor id, so that DBOS recovers its workflows at once; ours takes a lease of 2 s.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from kirakat.clock import SystemClock
from kirakat.engine.port.dbos_engine import address_of, open_engine, quiet
from kirakat.engine.port.request import request
from kirakat.engine.worker.options import WorkerOptions
from kirakat.engine.worker.renderer import Claim, Outcome, Picture
from kirakat.engine.worker.worker import Worker
from kirakat.hashing import digest
from kirakat.store.blobs import open_blobs
from kirakat.store.database import open_database
from kirakat.store.identities import image_id_of, make_ask
from kirakat.store.merchants import ensure_merchant
from kirakat.store.records import Ask
from kirakat.store.schema import upgrade
from kirakat.store.tables import creatives
from kirakat.types import Offer, Placement, Recipe

_SHOP, _QUEUE = "shop", "peer"
_SQUARE = Placement(name="square", width=300, height=300)
_RECIPE = Recipe(name="bench", version=1, pipeline_version=1, generator="none")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one run works."""

    url: str
    folder: Path
    batch: int

    @property
    def blobs(self) -> str:
        """The folder of the pictures."""
        return str(self.folder / "blobs")

    @property
    def log(self) -> Path:
        """One line for each key that was drawn."""
        return self.folder / "drawn.log"

    def drawn(self) -> Counter[str]:
        """How often each key was drawn."""
        return Counter(self.log.read_text().split()) if self.log.exists() else Counter()


class NoPixels:
    """A renderer that draws 64 bytes."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def render(self, claims: Sequence[Claim]) -> list[Outcome]:
        """One picture for each key."""
        _note(self._log, [record.key for claim in claims for record in claim.keys])
        return [
            Outcome(pictures={record.key: _picture(record.key) for record in claim.keys})
            for claim in claims
        ]

    def unload(self) -> None:
        """Nothing is loaded."""


def main() -> None:
    """Print a table of both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--database", default="", help="a PostgreSQL server's empty database")
    options = parser.parse_args()
    print("| run | Kirakat | plain DBOS | ratio |")
    print("| --- | --- | --- | --- |")
    speed = [_speed(side, options) for side in (_OURS, _PEER)]
    print(f"| keys a second | {speed[0]:.0f} | {speed[1]:.0f} | {speed[0] / speed[1]:.1f} |")
    killed = [_killed(side, options) for side in (_OURS, _PEER)]
    for row, name in enumerate(("drawn again after one kill -9", "seconds until all were made")):
        ours, peer = killed[0][row], killed[1][row]
        ratio = f"{ours / peer:.1f}" if peer else "-"
        print(f"| {name} | {ours:.1f} | {peer:.1f} | {ratio} |")


def _speed(side: Side, options: argparse.Namespace) -> float:
    """Keys a second of one process, from its start until all are made."""
    with tempfile.TemporaryDirectory() as folder:
        place = _place(options, Path(folder))
        side.ask(place, options.keys)
        process, begin = _start(side, place), time.monotonic()
        _wait(lambda: side.made(place) == options.keys)
        seconds = time.monotonic() - begin
        _kill(process)
    return float(options.keys) / seconds


def _killed(side: Side, options: argparse.Namespace) -> tuple[float, float]:
    """Keys drawn more than once, and seconds from the kill until all are made."""
    with tempfile.TemporaryDirectory() as folder:
        place = _place(options, Path(folder))
        side.ask(place, options.keys)
        process = _start(side, place)
        _wait(lambda: len(place.drawn()) >= options.keys // 3)
        _kill(process)
        begin = time.monotonic()
        process = _start(side, place)
        _wait(lambda: side.made(place) == options.keys)
        seconds = time.monotonic() - begin
        _kill(process)
        again = sum(count - 1 for count in place.drawn().values())
    return float(again), seconds


@dataclass(frozen=True)
class Side:
    """One of the two engines."""

    ask: Callable[[Place, int], None]
    work: Callable[[Place], None]
    made: Callable[[Place], int]


def _ask_us(place: Place, count: int) -> None:
    database = open_database(place.url)
    upgrade(database)
    engine = open_engine(database)
    now = SystemClock().now()
    with database.writing() as connection:
        ensure_merchant(connection, _SHOP, now=now)
        request(engine, connection, [_one(number) for number in range(count)], "catalog", now=now)
    engine.close()
    database.close()


def _work_us(place: Place) -> None:
    options = WorkerOptions(batch_size=place.batch, poll=0.05, heartbeat=0.5, lease=2.0)
    database = open_database(place.url, pool_size=20)
    worker = Worker(database, open_blobs(place.blobs), NoPixels(place.log), options)
    worker.start()
    worker.wait(until=lambda: False)


def _made_by_us(place: Place) -> int:
    database = open_database(place.url)
    with database.reading() as connection:
        statement = select(func.count()).where(creatives.c.state == "ready")
        count = int(connection.execute(statement).scalar_one())
    database.close()
    return count


def _ask_peer(place: Place, count: int) -> None:
    database = open_database(place.url)
    engine = open_engine(database)
    with database.writing() as connection:
        for number in range(count):
            engine.client.enqueue_in_transaction(
                connection,
                {"workflow_name": "make", "queue_name": _QUEUE, "workflow_id": _one(number).key,
                 "app_version": "1"},
            )  # fmt: skip
    engine.close()
    database.close()


def _work_peer(place: Place) -> None:
    from dbos import DBOS, DBOSPortableJSONSerializer

    quiet()
    database = open_database(place.url)
    blobs = open_blobs(place.blobs)
    DBOS(
        config={
            "name": "kirakat", "system_database_url": address_of(database),
            "dbos_system_schema": "dbos", "executor_id": "peer", "application_version": "1",
            "serializer": DBOSPortableJSONSerializer(), "log_level": "WARNING",
        }
    )  # fmt: skip
    with database.reading():
        # Opening it sets SQLite's faster journal for all, which DBOS does not.
        pass

    @DBOS.step()
    def draw(key: str) -> str:
        _note(place.log, [key])
        return digest(key)

    @DBOS.step()
    def store(data: str) -> str:
        return blobs.put(data.encode())

    @DBOS.workflow(name="make")
    def make() -> str:
        return store(draw(str(DBOS.workflow_id)))

    DBOS.launch()
    at_once = 3 * place.batch
    DBOS.register_queue(_QUEUE, worker_concurrency=at_once, polling_interval_sec=0.05)
    while True:
        time.sleep(1.0)


def _made_by_peer(place: Place) -> int:
    database = open_database(place.url)
    schema = "" if database.is_sqlite else "dbos."
    statement = f"SELECT count(*) FROM {schema}workflow_status WHERE status = 'SUCCESS'"  # noqa: S608
    with database.reading() as connection:
        count = int(connection.execute(text(statement)).scalar_one())
    database.close()
    return count


_OURS = Side(_ask_us, _work_us, _made_by_us)
_PEER = Side(_ask_peer, _work_peer, _made_by_peer)


def _one(number: int) -> Ask:
    link = f"https://shop.example/{number}.jpg"
    offer = Offer(
        offer_id=f"offer-{number}", merchant_id=_SHOP, title=f"Vase {number}", image_link=link
    )
    return make_ask(
        offer=offer, image_id=image_id_of(_SHOP, link, 0), prompt=None, placement=_SQUARE,
        treatment="positioned", recipe=_RECIPE, bucket="",
    )  # fmt: skip


def _picture(key: str) -> Picture:
    return Picture(
        data=digest(key).encode(), format="jpeg", width=300, height=300, verdict="pass",
        reason="", certificate={}, gate={"verdict": "pass"}, attempt=0,
    )  # fmt: skip


def _note(log: Path, keys: Sequence[str]) -> None:
    """Add whole lines."""
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, "".join(f"{key}\n" for key in keys).encode())
    os.close(handle)


def _place(options: argparse.Namespace, folder: Path) -> Place:
    url = options.database or f"sqlite:///{folder / 'bench.db'}"
    if options.database:
        _empty(url)
    return Place(url=url, folder=folder, batch=options.batch)


def _empty(url: str) -> None:
    """Nothing of an earlier run may be there."""
    database = open_database(url)
    with database.writing() as connection:
        for schema in ("dbos", "public"):
            connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    database.close()


def _start(side: Side, place: Place) -> BaseProcess:
    process = multiprocessing.get_context("spawn").Process(target=_be, args=(side, place))
    process.start()
    return process


def _be(side: Any, place: Place) -> None:
    side.work(place)


def _kill(process: BaseProcess) -> None:
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()


def _wait(done: Callable[[], bool], seconds: float = 900.0) -> None:
    end = datetime.now(UTC).timestamp() + seconds
    while not done():
        if datetime.now(UTC).timestamp() > end:
            raise SystemExit("it takes too long")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
