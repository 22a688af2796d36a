"""`kirakat serve`: the HTTP service."""

from __future__ import annotations

import os
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kirakat import tracing
from kirakat.cli.open_store import open_configured_blobs, open_configured_database
from kirakat.errors import MissingExtraError, StoreError
from kirakat.imaging.placements import load_placements
from kirakat.prompts.pool import load_pools
from kirakat.settings import Settings, load_settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from kirakat.review.dashboard.money import Rates
    from kirakat.service.generation import Generation
    from kirakat.types import Recipe

# How the server's processes learn what the first one found out.
_HANDED_DOWN = "_KIRAKAT_SERVE"


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65_535, help="Port.")] = 8000,
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="Processes; each has caches of its own.")
    ] = 1,
) -> None:
    """Serve the HTTP API until it is stopped: SIGTERM and Ctrl-C finish what is under way.

    It starts without its database too, and answers with originals until that is there.

    Example: kirakat serve --host 0.0.0.0 --port 8000
    """
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        raise MissingExtraError("uvicorn", "serve") from error
    from kirakat.service.json_logs import LOGGER, use_json_logs

    settings = load_settings()
    database = open_configured_database()
    if database.is_sqlite:
        from kirakat.store.schema import upgrade

        upgrade(database)
    database.close()
    os.environ[_HANDED_DOWN] = _found_out(settings)
    use_json_logs()
    if not settings.pseudonym_secret:
        LOGGER.warning("setting pseudonym_secret is empty: a shopper is another in each process")
    # The server drains, then raises the signal that stopped it once more: a good end by then.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        "kirakat.cli.serve:configured_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


def configured_app() -> ASGIApp:
    """The application that settings describe, for one server process."""
    from kirakat.engine.port.dbos_engine import open_engine
    from kirakat.review.app import review_routes
    from kirakat.review.desk import Desk
    from kirakat.service.app import make_app
    from kirakat.service.json_logs import LOGGER, use_json_logs
    from kirakat.service.late_engine import LateEngine
    from kirakat.service.parts import assemble

    use_json_logs()
    settings = load_settings()
    tracing.start(settings.otel_endpoint, process="kirakat-serve")
    database = open_configured_database()
    engine = LateEngine(lambda: open_engine(database))
    try:
        engine.open()
    except StoreError as error:
        # The background tasks try again; until then originals are served.
        LOGGER.warning("health", extra={"fields": {"part": "database", "what": str(error)}})
    blobs = open_configured_blobs()
    parts = assemble(
        settings,
        database=database,
        blobs=blobs,
        engine=engine,
        generation=_generation(settings),
    )
    desk = Desk(
        settings=settings, database=database, blobs=blobs, engine=engine, clock=parts.clock,
        rates=_rates(settings),
    )  # fmt: skip
    return make_app(parts, review_routes(desk))


def _rates(settings: Settings) -> Rates | None:
    """What a render costs by the price table; None for a generator that has no timings in it."""
    from kirakat.cost.tables import load_prices, load_timings
    from kirakat.review.dashboard.money import Rates

    prices = load_prices(Path(settings.prices) if settings.prices else None)
    timings = load_timings().get(settings.generator)
    if timings is None:
        return None
    return Rates(
        currency=prices.currency,
        machine=timings.machine,
        hour=prices.hour(timings.machine),
        seconds=timings.prepare + timings.generate + timings.check + timings.finish,
    )


def _generation(settings: Settings) -> Generation:
    from pydantic import TypeAdapter

    from kirakat.service.generation import Generation
    from kirakat.types import Recipe

    kind: TypeAdapter[tuple[Recipe, int]] = TypeAdapter(tuple[Recipe, int])
    recipe, native_size = kind.validate_json(os.environ[_HANDED_DOWN])
    return Generation(
        recipe=recipe,
        native_size=native_size,
        pools=load_pools(Path(settings.prompts) if settings.prompts else None),
        placements=load_placements(Path(settings.placements) if settings.placements else None),
    )


def _found_out(settings: Settings) -> str:
    """The recipe and its model's size as JSON, found out in a process of its own.

    Models are looked at there, so that the server's processes stay free of their libraries.
    """
    from pydantic import TypeAdapter

    from kirakat.types import Recipe

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as aside:
        found = aside.submit(_describe_models, settings).result()
    return TypeAdapter(tuple[Recipe, int]).dump_json(found).decode()


def _describe_models(settings: Settings) -> tuple[Recipe, int]:
    from kirakat.cli.configured_model import configured_info
    from kirakat.models.segmenters.registry import load_segmenter
    from kirakat.pipeline.recipes import default_recipe

    info = configured_info(settings)
    segmenter = load_segmenter(settings.segmenter, threads=settings.threads)
    return default_recipe(settings.generator, info, segmenter=segmenter.info), info.native_size
