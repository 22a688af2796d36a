"""`kirakat worker`: make what the service and feeds have asked for."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kirakat import tracing
from kirakat.cli.open_store import open_configured_blobs, open_configured_database
from kirakat.clock import SystemClock
from kirakat.errors import MissingExtraError, StoreError
from kirakat.settings import Settings, load_settings

if TYPE_CHECKING:
    from kirakat.engine.worker.errands import ErrandRunner
    from kirakat.engine.worker.options import WorkerOptions
    from kirakat.engine.worker.renderer import Renderer
    from kirakat.engine.worker.send_callbacks import CallbackSender
    from kirakat.engine.worker.studio_renderer import StudioRenderer
    from kirakat.engine.worker.watched_renderer import WatchedRenderer
    from kirakat.engine.worker.worker import Worker
    from kirakat.prompts.pool import Pools
    from kirakat.store.database import Database
    from kirakat.types import Alpha, Scene

_log = logging.getLogger(__name__)
# Seconds between two looks for a database that is away.
_LOOK_AGAIN = 1.0


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
    metrics_port: Annotated[
        int | None,
        typer.Option(
            "--metrics-port", min=1, max=65_535, help="Answer Prometheus there, at /metrics."
        ),
    ] = None,
    metrics_host: Annotated[
        str, typer.Option("--metrics-host", help="With --metrics-port: address to listen at.")
    ] = "127.0.0.1",
) -> None:
    """Render what is queued, publish it, and call recommenders back.

    Start as many as there are machines or GPUs: all work on one queue, the most urgent first.
    Ctrl-C or SIGTERM finishes what is in flight and stops; what a killed worker held is taken
    over by the others within 30 seconds, or by the next one that starts. A database that is
    away when it starts is waited for.

    Example: kirakat worker --base feeds/
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    for chatty in ("httpx", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    settings = load_settings()
    tracing.start(settings.otel_endpoint, process="kirakat-worker")
    database = open_configured_database()
    stopping = _stop_on_signals()
    if not _is_there(database, stopping):
        return
    renderer = _renderer(settings, base, database)
    if generator:
        renderer.warm_up(generator)
    sender = _sender(settings, database) if callbacks else None
    watched = _watched(renderer, database, metrics_host, metrics_port)
    options = replace(worker_options(settings), most_batches=int(once))
    process = _build(database, watched, options, sender)
    process.start()
    errands = _errands(settings, database, renderer)
    errands.start()
    process.wait(until=_until(process, stopping, drain=drain, once=once))
    _log.info("stopping: what is in flight is finished, nothing new is taken")
    errands.stop()
    if not process.stop():
        # Threads that are stuck in a render would keep the process for as long as that takes.
        os._exit(1)
    tracing.stop()
    database.close()
    _log.info("stopped")


def open_worker(settings: Settings, base: Path) -> tuple[Database, Worker]:
    """A worker that renders only, not started yet, and its database."""
    from kirakat.engine.worker.watched_renderer import WatchedRenderer

    database = open_configured_database(settings.database)
    renderer = WatchedRenderer(_renderer(settings, base, database), None)
    return database, _build(database, renderer, worker_options(settings), None)


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


def _renderer(settings: Settings, base: Path, database: Database) -> StudioRenderer:
    from kirakat.catalog.image_cache import ImageCache
    from kirakat.cli.open_studio import open_studio
    from kirakat.engine.worker.studio_renderer import StudioRenderer
    from kirakat.store.merchant_pools import read_pools

    clock = SystemClock()

    def pools(merchant: str, shipped: Pools) -> Pools:
        with database.reading() as connection:
            return read_pools(connection, merchant, shipped, now=clock.now()).pools

    return StudioRenderer(
        lambda generator: open_studio(settings, base=base, generator=generator),
        lambda merchant: ImageCache(settings.cache_dir / "images", merchant_id=merchant),
        pools=pools,
        scenes=_own_scenes(settings, database),
        object_mask=_object_mask(database),
    )


def _own_scenes(settings: Settings, database: Database) -> Callable[[str], tuple[Scene, ...]]:
    """The scenes that a merchant has beside the installation's, with their pictures at hand."""
    from kirakat.store.own_scenes import fetch_scenes

    blobs = open_configured_blobs()
    folder = settings.cache_dir / "scenes"

    def read(merchant_id: str) -> tuple[Scene, ...]:
        with database.reading() as connection:
            return fetch_scenes(connection, blobs, merchant_id, folder)

    return read


def _object_mask(database: Database) -> Callable[[str, str], Alpha | None]:
    """The mask that a person drew for a source image, the last one; None where nobody did."""
    import numpy as np

    from kirakat.pipeline.codecs import decode_png
    from kirakat.store.edited_mattes import list_edited_mattes

    blobs = open_configured_blobs()

    def read(merchant_id: str, image_id: str) -> Alpha | None:
        with database.reading() as connection:
            drawn = list_edited_mattes(connection, merchant_id, image_id)
        if not drawn:
            return None
        return np.asarray(decode_png(blobs.get(drawn[0].sha256)), np.float32) / np.float32(255)

    return read


def _errands(settings: Settings, database: Database, renderer: StudioRenderer) -> ErrandRunner:
    from kirakat.cli.open_studio import recipe_for
    from kirakat.engine.worker.errand_studio import ErrandStudio
    from kirakat.engine.worker.errands import ErrandRunner
    from kirakat.models.segmenters.registry import load_segmenter

    studio = ErrandStudio(
        renderer,
        settings.generator,
        recipe=lambda studio: recipe_for(studio, settings.generator),
        segmenter=lambda name: load_segmenter(name, threads=settings.threads),
    )
    return ErrandRunner(
        database, open_configured_blobs(), studio, SystemClock(), poll=settings.worker_poll
    )


def _watched(
    renderer: StudioRenderer, database: Database, host: str, port: int | None
) -> WatchedRenderer:
    """The renderer with its metrics and traces; the figures are served where a port is given."""
    from kirakat.engine.worker.watched_renderer import WatchedRenderer

    if port is None:
        return WatchedRenderer(renderer, None)
    from prometheus_client import start_http_server

    from kirakat.engine.worker.metrics import WorkerMetrics
    from kirakat.service.work_readings import WorkReadings

    metrics = WorkerMetrics()
    metrics.registry.register(WorkReadings(database, SystemClock()))
    start_http_server(port, addr=host, registry=metrics.registry)
    return WatchedRenderer(renderer, metrics)


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
    renderer: Renderer,
    options: WorkerOptions,
    sender: CallbackSender | None,
) -> Worker:
    from kirakat.engine.worker.worker import Worker

    return Worker(database, open_configured_blobs(), renderer, options, callbacks=sender)


def _is_there(database: Database, stopping: list[int]) -> bool:
    """Wait for the database, saying so; False when the wait was stopped."""
    from kirakat.service.health import is_outage

    said = ""
    while not stopping:
        try:
            with database.reading() as connection:
                connection.exec_driver_sql("SELECT 1")
        except StoreError as error:
            if not is_outage(error):
                raise
            if str(error) != said:
                said = str(error)
                _log.warning("waiting for the database: %s", error)
            time.sleep(_LOOK_AGAIN)
        else:
            return True
    return False


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
        if once and process.batcher.batches and not process.settler.in_flight():
            return True
        return (drain or once) and process.has_nothing_due()

    return done
