"""A callback endpoint with every kind of trouble, on a real socket."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.serving import serving


class Receiver(ThreadingHTTPServer):
    """Answers by the path, and remembers what came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        # (path, headers in lower case, body)
        self.came: list[tuple[str, dict[str, str], bytes]] = []
        # Bytes of the endless answer that the other side took.
        self.taken = 0
        # Set at the end of a test, so that slow answers end with it.
        self.over = threading.Event()

    def address(self, path: str) -> str:
        """The URL of `path` here."""
        return f"http://127.0.0.1:{self.server_port}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A receiver that is cut off says nothing: that is what is tested."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.came.append((self.path, headers, body))
        if self.path == "/silent":
            self.server.over.wait(10)
        elif self.path == "/trickle":
            self._trickle()
        elif self.path == "/endless":
            self._endless()
        elif self.path == "/moved":
            self._answer(302, {"Location": self.server.address("/elsewhere")})
        elif self.path == "/lures":
            self._answer(302, {"Location": "http://169.254.169.254/latest/meta-data/"})
        elif self.path.startswith("/wait/"):
            self._answer(503, {"Retry-After": self.path.removeprefix("/wait/")})
        elif self.path == "/cookie":
            self._answer(200, {"Set-Cookie": "spy=1"})
        else:
            self._answer(int(self.path.removeprefix("/")), {}, b"a\x00reason")

    def do_GET(self) -> None:
        """Only a followed redirect would ask this."""
        self.server.came.append((self.path, {}, b""))
        self._answer(200, {})

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _trickle(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.server.over.is_set():
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.02)

    def _endless(self) -> None:
        self.send_response(500)
        self.end_headers()
        for _ in range(2000):
            self.wfile.write(b"y" * 65_536)
            self.server.taken += 65_536

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's name
        """Keep the tests' output clean."""


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """A receiver that is up."""
    server = Receiver()
    with serving(server):
        try:
            yield server
        finally:
            server.over.set()
