"""Errors as RFC 9457 problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """The request cannot be answered; becomes a problem."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        # What is wrong with which field: {"field", "message"}.
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def problem_response(error: ProblemError, request_id: str) -> Response:
    """The problem as a response."""
    return Response(
        problem_body(error.status, error.detail, request_id, error.errors),
        status_code=error.status,
        media_type=MEDIA_TYPE,
        headers=error.headers,
    )


def problem_body(
    status: int, detail: str, request_id: str, errors: Sequence[Mapping[str, str]] = ()
) -> bytes:
    """The problem as JSON; its type is "about:blank", so its title is the status' own."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": request_id,
    }
    if errors:
        body["errors"] = list(errors)
    return orjson.dumps(body)
