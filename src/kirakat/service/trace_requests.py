"""A span around every request; only where traces are wanted."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kirakat import tracing


class TraceRequests:
    """ASGI middleware, outermost; follows the caller's `traceparent`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        statuses: list[int] = []

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            await send(message)

        method = scope["method"]
        with tracing.span(method, parent=_parent(scope), kind="SERVER") as span:
            await self._app(scope, receive, watched)
            if span is None:
                return
            # Known only now; a path would have ids in it.
            route = getattr(scope.get("route"), "path", None) or scope.get("kirakat_route", "none")
            span.update_name(f"{method} {route}")
            span.set_attributes(
                {
                    "http.request.method": method,
                    "http.route": route,
                    "http.response.status_code": statuses[0] if statuses else 0,
                    "kirakat.request_id": scope.get("state", {}).get("request_id", ""),
                }
            )


def _parent(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            text: str = value.decode("latin-1")
            return text
    return ""
