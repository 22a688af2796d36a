"""What goes on beside the requests: writing what waits, following changes, feeling the pulse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from kirakat.errors import KirakatError
from kirakat.service.health import Part, is_outage
from kirakat.service.json_logs import LOGGER
from kirakat.service.parts import Parts

# Seconds between two writes of the buffers, two looks at what changed, and after a failure.
_FLUSH_EVERY = 0.05
_LOOK_EVERY = 0.5
_AFTER_FAILURE = 0.5
# A blob that is never there: asking for it tells whether the store answers.
_NO_BLOB = "0" * 64


@asynccontextmanager
async def background(parts: Parts) -> AsyncIterator[None]:
    """Run the tasks while the context is open; at its end what waits is written once more."""
    threads = ThreadPoolExecutor(3, thread_name_prefix="background")
    tasks = [
        asyncio.create_task(_repeat(threads, parts, "queue", parts.flusher.flush, _FLUSH_EVERY)),
        asyncio.create_task(_repeat(threads, parts, "database", _look(parts), _LOOK_EVERY)),
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
    threads: ThreadPoolExecutor, parts: Parts, part: Part, work: Callable[[], None], pause: float
) -> None:
    loop = asyncio.get_running_loop()
    while True:
        try:
            await loop.run_in_executor(threads, work)
        except KirakatError as error:
            if parts.health.is_up(part):
                _tell(part, str(error))
            parts.health.fails(part, str(error))
            if part == "queue" and is_outage(error):
                parts.health.fails("database", str(error))
            await asyncio.sleep(_AFTER_FAILURE)
        else:
            if not parts.health.is_up(part):
                _tell(part, "works again")
            parts.health.works(part)
        await asyncio.sleep(pause)


def _look(parts: Parts) -> Callable[[], None]:
    def look() -> None:
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
