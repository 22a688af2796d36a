"""A server in a thread of its own, which ends with its test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    """Answer until the block ends, also when the test in it fails: what goes on holds pytest."""
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    with server:
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
