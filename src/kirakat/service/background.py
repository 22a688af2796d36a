"""What goes on beside the requests: writing what waits, following changes, feeling the pulse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from kirakat.errors import KirakatError
from kirakat.service.health import Part, is_outage
from kirakat.service.json_logs import LOGGER
from kirakat.service.late_engine import LateEngine
from kirakat.service.parts import Parts
from kirakat.service.short_turns import QuietCollector

# Seconds between two writes of the buffers, two looks at what changed, and after a failure.
_FLUSH_EVERY = 0.05
_LOOK_EVERY = 0.5
_SNAPSHOTS_EVERY = 1.0
_EXPERIMENTS_EVERY = 1.0
_AFTER_FAILURE = 0.5
# A blob that is never there: asking for it tells whether the store answers.
_NO_BLOB = "0" * 64


@asynccontextmanager
async def background(parts: Parts) -> AsyncIterator[None]:
    """Run the tasks while the context is open; at its end what waits is written once more."""
    threads = ThreadPoolExecutor(5, thread_name_prefix="background")
    if parts.commit is not None:
        parts.commit.warm_up()
    tasks = [
        asyncio.create_task(_repeat(threads, parts, "queue", _flush(parts), _FLUSH_EVERY)),
        asyncio.create_task(_repeat(threads, parts, "database", _look(parts), _LOOK_EVERY)),
        asyncio.create_task(_repeat(threads, parts, None, parts.snapshots.look, _SNAPSHOTS_EVERY)),
        asyncio.create_task(
            _repeat(threads, parts, None, parts.experiments.look, _EXPERIMENTS_EVERY)
        ),
        asyncio.create_task(_repeat(threads, parts, "blobs", _probe(parts), _LOOK_EVERY)),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.get_running_loop().run_in_executor(threads, _last_flush, parts)
        threads.shutdown()


async def _repeat(
    threads: ThreadPoolExecutor,
    parts: Parts,
    part: Part | None,
    work: Callable[[], None],
    pause: float,
) -> None:
    """Work again and again; what comes of it tells whether `part` works (None: nothing)."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            await loop.run_in_executor(threads, work)
        except KirakatError as error:
            _note_failure(parts, part, error)
            await asyncio.sleep(_AFTER_FAILURE)
        else:
            _note_success(parts, part)
        await asyncio.sleep(pause)


def _note_failure(parts: Parts, part: Part | None, error: KirakatError) -> None:
    if part is None:
        # What looks at the database alone will tell of an outage.
        if not is_outage(error):
            _tell("background", str(error))
        return
    if parts.health.is_up(part):
        _tell(part, str(error))
    parts.health.fails(part, str(error))
    if part == "queue" and is_outage(error):
        parts.health.fails("database", str(error))


def _note_success(parts: Parts, part: Part | None) -> None:
    if part is None:
        return
    if not parts.health.is_up(part):
        _tell(part, "works again")
    parts.health.works(part)


def _flush(parts: Parts) -> Callable[[], None]:
    def flush() -> None:
        if isinstance(parts.engine, LateEngine):
            parts.engine.open()
        parts.flusher.flush()

    return flush


def _look(parts: Parts) -> Callable[[], None]:
    collector = QuietCollector(parts.clock, lambda: parts.metrics.requests)

    def look() -> None:
        collector.look()
        parts.keyring.refresh()
        with parts.database.reading() as connection:
            connection.exec_driver_sql("SELECT 1")
        parts.follower.look()

    return look


def _probe(parts: Parts) -> Callable[[], None]:
    def probe() -> None:
        parts.blobs.exists(_NO_BLOB)

    return probe


def _last_flush(parts: Parts) -> None:
    try:
        parts.flusher.flush()
    except KirakatError as error:
        _tell("queue", f"what waited in memory is lost: {error}")


def _tell(part: str, what: str) -> None:
    LOGGER.warning("health", extra={"fields": {"part": part, "what": what}})
