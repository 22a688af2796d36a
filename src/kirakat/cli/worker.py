"""`kirakat worker`: make what the service and feeds have asked for."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kirakat.cli.open_store import open_configured_blobs, open_configured_database
from kirakat.clock import SystemClock
from kirakat.errors import MissingExtraError
from kirakat.settings import Settings, load_settings

if TYPE_CHECKING:
    from kirakat.engine.worker.options import WorkerOptions
    from kirakat.engine.worker.send_callbacks import CallbackSender
    from kirakat.engine.worker.studio_renderer import StudioRenderer
    from kirakat.engine.worker.worker import Worker
    from kirakat.store.database import Database


def worker(
    base: Annotated[
        Path, typer.Option("--base", help="Folder in which relative image links start.")
    ] = Path(),
    generator: Annotated[
        str | None,
        typer.Option(
            "--generator", help="Load this generator at once, before the first job asks for it."
        ),
    ] = None,
    drain: Annotated[
        bool, typer.Option("--drain", help="Stop when nothing is due any more.")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="Stop after one batch.")] = False,
    callbacks: Annotated[
        bool, typer.Option("--callbacks/--no-callbacks", help="Send callbacks too.")
    ] = True,
) -> None:
    """Render what is queued, publish it, and call recommenders back.

    Start as many as there are machines or GPUs: all work on one queue, the most urgent first.
    Ctrl-C or SIGTERM finishes what is in flight and stops; what a killed worker held is taken
    over by the others within 30 seconds, or by the next one that starts.

    Example: kirakat worker --base feeds/
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = load_settings()
    database = open_configured_database()
    renderer = _renderer(settings, base)
    if generator:
        renderer.warm_up(generator)
    sender = _sender(settings, database) if callbacks else None
    process = _build(database, renderer, worker_options(settings), sender)
    stopping = _stop_on_signals()
    process.start()
    process.wait(until=_until(process, stopping, drain=drain, once=once))
    if not process.stop():
        # Threads that are stuck in a render would keep the process for as long as that takes.
        os._exit(1)
    database.close()


def worker_options(settings: Settings) -> WorkerOptions:
    """The settings as a worker takes them."""
    try:
        from kirakat.engine.worker.options import WorkerOptions
    except ModuleNotFoundError as error:
        raise MissingExtraError("dbos", "serve") from error
    return WorkerOptions(
        batch_size=settings.batch_size,
        batch_wait=settings.batch_wait,
        poll=settings.worker_poll,
        heartbeat=settings.worker_heartbeat,
        lease=settings.worker_lease,
        max_attempts=settings.max_attempts,
        retry=settings.worker_retry,
        drain=settings.worker_drain,
        memory_limit=int(settings.worker_megabytes * 1e6),
    )


def _renderer(settings: Settings, base: Path) -> StudioRenderer:
    from kirakat.catalog.image_cache import ImageCache
    from kirakat.cli.open_studio import open_studio
    from kirakat.engine.worker.studio_renderer import StudioRenderer

    return StudioRenderer(
        lambda generator: open_studio(settings, base=base, generator=generator),
        lambda merchant: ImageCache(settings.cache_dir / "images", merchant_id=merchant),
    )


def _sender(settings: Settings, database: Database) -> CallbackSender:
    from kirakat.engine.worker.send_callbacks import CallbackSender
    from kirakat.engine.worker.webhooks.deliver import DeliveryLimits

    limits = DeliveryLimits(allow_private_addresses=settings.allow_private_addresses)
    return CallbackSender(database, _image_url(settings), limits=limits)


def _image_url(settings: Settings) -> Callable[[str, str, str], str]:
    """The service's own addresses, signed where it signs them."""
    from kirakat.store.image_addresses import read_addresses

    addresses = read_addresses(
        settings.public_url, settings.signed_images, settings.image_secret, settings.image_hours
    )
    clock = SystemClock()
    return lambda merchant, sha256, image_format: addresses.url(
        merchant, sha256, image_format, now=clock.now()
    )


def _build(
    database: Database,
    renderer: StudioRenderer,
    options: WorkerOptions,
    sender: CallbackSender | None,
) -> Worker:
    from kirakat.engine.worker.worker import Worker

    return Worker(database, open_configured_blobs(), renderer, options, callbacks=sender)


def _stop_on_signals() -> list[int]:
    """A list that a signal to stop is appended to."""
    received: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda caught, _: received.append(caught))
    return received


def _until(process: Worker, stopping: list[int], *, drain: bool, once: bool) -> Callable[[], bool]:
    def done() -> bool:
        if stopping:
            return True
        if once and process.batcher.batches and not process.desk.in_flight():
            return True
        return (drain or once) and process.has_nothing_due()

    return done
