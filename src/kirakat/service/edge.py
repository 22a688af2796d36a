"""Around every request: an id, a size limit, a count, a log line, and no leaking errors."""

from __future__ import annotations

import os
import time

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kirakat.service.json_logs import LOGGER
from kirakat.service.metrics import Metrics
from kirakat.service.problems import MEDIA_TYPE, problem_body

RESOLVE_PATH = "/v1/creatives:resolve"
EVENTS_PATH = "/v1/events"
# Bytes of a request's body; feeds have their own limit, resolve a smaller one.
_MAX_BODY = 1_000_000
MAX_RESOLVE_BODY = 256_000
# A thousand events with a decision token each.
_MAX_EVENTS_BODY = 8_000_000
# Masks and scenes that people upload, with the form around them.
_PICTURE_PATHS = ("/review/mask/", "/review/scenes/")
_MAX_PICTURE_BODY = 21_000_000
# Requests to the busy routes are logged from this many seconds on; metrics count them all.
_SLOW = 0.5
_BUSY = frozenset({RESOLVE_PATH, EVENTS_PATH, "/i/{name}", "/livez", "/readyz", "/metrics"})


class BodyTooLargeError(HTTPException):
    """The body goes beyond its limit."""

    def __init__(self) -> None:
        super().__init__(413, "The body is too large.")


class Edge:
    """ASGI middleware, outermost."""

    def __init__(self, app: ASGIApp, metrics: Metrics, feed_limit: int) -> None:
        self._app, self._metrics, self._feed_limit = app, metrics, feed_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._limit(scope))
        try:
            if exchange.announces_too_much():
                raise BodyTooLargeError
            await self._app(scope, exchange.receive, exchange.send)
        except BodyTooLargeError as error:
            await exchange.fail(error.status_code, error.detail)
        except Exception:  # noqa: BLE001  the last line: what is not foreseen is logged, not shown
            LOGGER.exception("unforeseen", extra={"fields": {"request_id": exchange.request_id}})
            await exchange.fail(500, "Something unforeseen went wrong.")
        finally:
            self._note(scope, exchange)

    def _limit(self, scope: Scope) -> int:
        if scope["path"] == RESOLVE_PATH:
            return MAX_RESOLVE_BODY
        if scope["path"] == EVENTS_PATH:
            return _MAX_EVENTS_BODY
        if scope["path"].startswith(_PICTURE_PATHS):
            return _MAX_PICTURE_BODY
        is_feed = scope["method"] == "PUT" and scope["path"].startswith("/v1/catalogs/")
        return self._feed_limit if is_feed else _MAX_BODY

    def _note(self, scope: Scope, exchange: _Exchange) -> None:
        route = getattr(scope.get("route"), "path", None) or scope.get("kirakat_route", "none")
        seconds = time.perf_counter() - exchange.started
        method = scope["method"] if route != "none" else "any"
        self._metrics.answered(route, method, exchange.status, seconds)
        if route in _BUSY and exchange.status < 500 and seconds < _SLOW:
            return
        fields = {
            "request_id": exchange.request_id,
            "route": route,
            "method": method,
            "status": exchange.status,
            "milliseconds": round(seconds * 1000, 2),
        }
        LOGGER.info("request", extra={"fields": fields})


class _Exchange:
    """One request and its answer, watched."""

    __slots__ = ("_left", "_receive", "_scope", "_send", "request_id", "started", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self._scope, self._receive, self._send, self._left = scope, receive, send, limit
        self.started = time.perf_counter()
        # In the order of time, so that what is stored by it is stored side by side.
        self.request_id = f"{time.time_ns():016x}{os.urandom(4).hex()}"
        # Of the answer; 0 until it begins.
        self.status = 0
        scope.setdefault("state", {})["request_id"] = self.request_id

    def announces_too_much(self) -> bool:
        """Whether the header already says that the body is too large."""
        for name, value in self._scope["headers"]:
            if name == b"content-length":
                return value.isdigit() and int(value) > self._left
        return False

    async def receive(self) -> Message:
        """The next piece of the body, counted."""
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise BodyTooLargeError
        return message

    async def send(self, message: Message) -> None:
        """The next piece of the answer; its head gets the id and says what it is not."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [
                *message.get("headers", ()),
                (b"x-request-id", self.request_id.encode()),
                (b"x-content-type-options", b"nosniff"),
            ]
        await self._send(message)

    async def fail(self, status: int, detail: str) -> None:
        """Answer with a problem, unless an answer has begun."""
        if self.status:
            return
        body = problem_body(status, detail, self.request_id)
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})
