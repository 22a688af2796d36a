"""The service as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from kirakat import __version__, tracing
from kirakat.service.background import background
from kirakat.service.describe import describe
from kirakat.service.edge import RESOLVE_PATH, Edge
from kirakat.service.images import Images
from kirakat.service.parts import Parts
from kirakat.service.problem_handlers import add_problem_handlers
from kirakat.service.readings import Readings
from kirakat.service.routes import (
    callbacks,
    catalogs,
    changes,
    creatives,
    endpoints,
    events,
    generations,
    health,
    offers,
    operations,
    prompts,
)
from kirakat.service.short_turns import short_turns
from kirakat.service.trace_requests import TraceRequests
from kirakat.service.warm_up import warm_up

_ROUTERS = (
    generations,
    operations,
    creatives,
    catalogs,
    offers,
    prompts,
    changes,
    endpoints,
    callbacks,
    events,
)


def make_app(parts: Parts, pages: Sequence[BaseRoute] = ()) -> ASGIApp:
    """The whole service, other routes beside its own; its lifespan runs the background tasks."""
    api = make_api(parts)
    api.router.routes.extend(pages)
    app = Edge(api, parts.metrics, int(parts.settings.feed_max_megabytes * 1e6))
    return TraceRequests(app) if tracing.is_on() else app


def make_api(parts: Parts) -> FastAPI:
    """All routes, without what is around every request."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        warm_up(parts.generation, parts.clock)
        with short_turns():
            async with background(parts):
                yield
        parts.close()

    api = FastAPI(
        title="Kirakat",
        version=__version__,
        description="Product images at catalogue scale: ask, get the original at once, be "
        "called back when the creative is ready.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # A path with a slash at its end is another path.
        redirect_slashes=False,
    )
    api.state.parts = parts
    api.router.routes.insert(0, Route(RESOLVE_PATH, parts.resolve, methods=["POST"]))
    api.router.routes.insert(1, Route("/i/{name}", Images(parts).__call__, methods=["GET"]))
    for module in (*_ROUTERS, health):
        api.include_router(module.router)
    add_problem_handlers(api)
    parts.metrics.registry.register(Readings(parts))
    describe(api)
    return api
