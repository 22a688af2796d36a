"""Which problem each error becomes."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kirakat.errors import (
    ConflictError,
    FeedError,
    KirakatError,
    NotFoundError,
    StoreError,
)
from kirakat.service.fetch_feed import FeedFetchError
from kirakat.service.health import is_outage
from kirakat.service.json_logs import LOGGER
from kirakat.service.problems import ProblemError, problem_response
from kirakat.service.unpack_feed import FeedTooLargeError

_RETRY = {"Retry-After": "5"}
_MAX_ERRORS = 20


def add_problem_handlers(api: FastAPI) -> None:
    """Let every error of the routes leave as a problem."""
    for kind in (ProblemError, HTTPException, RequestValidationError, KirakatError):
        api.add_exception_handler(kind, _handle)


async def _handle(request: Request, error: Exception) -> Response:
    request_id = getattr(request.state, "request_id", "")
    return problem_response(_problem(error), request_id)


def _problem(error: Exception) -> ProblemError:
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, HTTPException):
        return ProblemError(error.status_code, _text(error.detail), headers=error.headers)
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, StoreError):
        return _store_problem(error)
    if isinstance(error, FeedError):
        return _feed_problem(error)
    return ProblemError(422, str(error))


def _invalid(error: RequestValidationError) -> ProblemError:
    found = error.errors()[:_MAX_ERRORS]
    is_json = any(item["type"] == "json_invalid" for item in found)
    return ProblemError(
        400 if is_json else 422,
        "The request is not well-formed.",
        errors=[
            {"field": ".".join(map(str, item["loc"]))[:200], "message": str(item["msg"])}
            for item in found
        ],
    )


def _store_problem(error: StoreError) -> ProblemError:
    if isinstance(error, NotFoundError):
        return ProblemError(404, _text(error))
    if isinstance(error, ConflictError):
        return ProblemError(409, _text(error))
    LOGGER.error("store", extra={"fields": {"error": str(error)}})
    if is_outage(error):
        return ProblemError(503, "The database is down.", headers=_RETRY)
    return ProblemError(503, "The database refuses.", headers=_RETRY)


def _feed_problem(error: FeedError) -> ProblemError:
    if isinstance(error, FeedTooLargeError):
        return ProblemError(413, str(error))
    if isinstance(error, FeedFetchError):
        return ProblemError(502, str(error))
    # Its name on this machine is nobody's business.
    path = str(error.data.get("path", ""))
    return ProblemError(422, str(error).replace(path, "the feed") if path else str(error))


def _text(detail: object) -> str:
    text = str(detail)
    return text[:1].upper() + text[1:500]
