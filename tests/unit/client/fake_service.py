"""A service on a real socket that answers as it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.serving import serving


class FakeService(ThreadingHTTPServer):
    """Answers every request with `status` and `answer`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        # What to answer: JSON, raw bytes, or "silent" or "trickle".
        self.answer: Any = {}
        # (method, path, headers in lower case, body)
        self.came: list[tuple[str, str, dict[str, str], bytes]] = []
        # Set at the end of a test, so that slow answers end with it.
        self.over = threading.Event()

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up says nothing: that is what is tested."""


class _Handler(BaseHTTPRequestHandler):
    server: FakeService

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.came.append((self.command, self.path, headers, body))
        answer = self.server.answer
        if answer == "silent":
            self.server.over.wait(10)
        elif answer == "trickle":
            self._trickle()
        else:
            self._send(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    do_GET = do_POST  # noqa: N815  the base's name

    def _send(self, body: bytes) -> None:
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _trickle(self) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.server.over.wait(0.02):
            self.wfile.write(b" ")
            self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's name
        """Keep the tests' output clean."""


@contextmanager
def running_service() -> Iterator[FakeService]:
    """A service that is up."""
    server = FakeService()
    with serving(server):
        try:
            yield server
        finally:
            server.over.set()
