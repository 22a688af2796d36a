"""The OpenAPI description: what FastAPI knows, and the two routes that it does not serve."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from kirakat.service.edge import RESOLVE_PATH
from kirakat.service.event_schemas import EventsBody
from kirakat.service.routes.deps import problems
from kirakat.service.schemas import FeedAddress, Problem, ResolveBody, ResolvedBody

_REF = "#/components/schemas/{model}"
_ASKED = {
    "catalog": "default",
    "items": [
        {"offer_id": "mug-navy", "placement": "300x250", "treatment": "generated"},
        {"offer_id": "tee-rust", "placement": {"width": 640, "height": 400, "format": "webp"}},
    ],
    "context": {"device": "phone", "hour": 20},
    "user": {"id": "p-7d1f", "consent": True, "features": {"segment": "gift-hunters"}},
}
_ANSWERED = {
    "items": [
        {
            "offer_id": "mug-navy",
            "status": "pending",
            "image_url": "https://shop.example/mug.jpg",
            "key": "77c0" * 16,
            "operation": "/v1/operations/" + "77c0" * 16,
            "reason": "not made yet",
            "treatment_served": "original",
            "arm": None,
            "decision_id": "b8f2a01c-0",
            "logged": True,
        }
    ],
    "request_id": "b8f2a01c",
}


def describe(api: FastAPI) -> None:
    """Have `/openapi.json` tell of all routes."""

    def openapi() -> dict[str, Any]:
        if not api.openapi_schema:
            api.openapi_schema = _described(api)
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]


def _described(api: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=api.title, version=api.version, description=api.description, routes=api.routes
    )
    _, extra = models_json_schema(
        [
            (ResolveBody, "validation"),
            (FeedAddress, "validation"),
            (EventsBody, "validation"),
            (ResolvedBody, "serialization"),
            (Problem, "serialization"),
        ],
        ref_template=_REF,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(extra["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    document["paths"][RESOLVE_PATH] = {"post": _resolve()}
    document["paths"]["/i/{name}"] = {"get": _image()}
    return document


def _resolve() -> dict[str, Any]:
    return {
        "tags": ["creatives"],
        "summary": "What to show now",
        "description": "One answer an item; the original where nothing better is there.",
        "operationId": "resolve",
        "security": [{"HTTPBearer": []}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref("ResolveBody"), "example": _ASKED}},
        },
        "responses": {
            "200": {
                "description": "Answered",
                "content": {
                    "application/json": {"schema": _ref("ResolvedBody"), "example": _ANSWERED}
                },
            },
            **{str(code): text for code, text in problems(400).items() if code != 422},
        },
    }


def _image() -> dict[str, Any]:
    kinds = ("image/jpeg", "image/webp", "image/avif", "image/png")
    return {
        "tags": ["images"],
        "summary": "A finished image",
        "operationId": "image",
        "parameters": [
            _parameter("name", "path", "SHA-256 and ending", "^[0-9a-f]{64}\\.[a-z]{3,4}$"),
            _parameter("e", "query", "When a signed address runs out", "^[0-9]*$"),
            _parameter("s", "query", "Its signature", "^[0-9a-f]*$"),
        ],
        "responses": {
            "200": {"description": "The image", "content": {kind: {} for kind in kinds}},
            **{str(code): text for code, text in problems(404).items() if code in (404, 503)},
        },
    }


def _parameter(name: str, where: str, text: str, pattern: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "description": text,
        "schema": {"type": "string", "pattern": pattern},
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(model=name)}
