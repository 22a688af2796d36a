"""`/livez`, `/readyz` and `/metrics`: for those who run the service."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from kirakat.service.routes.deps import WithParts
from kirakat.service.schemas import HealthBody

router = APIRouter(tags=["operation"])


@router.get("/livez", response_class=PlainTextResponse)
async def livez() -> str:
    """The process answers."""
    return "ok"


@router.get("/readyz", responses={503: {"model": HealthBody, "description": "Not yet"}})
async def readyz(parts: WithParts, response: Response) -> HealthBody:
    """Whether to send requests here: once the database has answered.

    What is down later is told, and is no reason to send requests elsewhere: they are answered
    with originals.
    """
    if not parts.health.has_started:
        response.status_code = 503
    return HealthBody(ready=parts.health.has_started, down=dict.fromkeys(parts.health.down, "down"))


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "Figures", "content": {"text/plain": {"schema": {}}}}},
)
def metrics(parts: WithParts) -> Response:
    """Figures for Prometheus."""
    return Response(generate_latest(parts.metrics.registry), media_type=CONTENT_TYPE_LATEST)
