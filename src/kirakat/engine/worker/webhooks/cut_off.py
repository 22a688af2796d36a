"""An end for exchanges that a slow server would stretch: one deadline over all of it.

Timeouts of an HTTP client count the wait for each next byte, so a server that trickles holds a
thread for hours. Here the connection's socket is shut down when the time is up, which ends
whatever read or write is in progress with an error.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any

# What httpcore reports once a connection is made, and once it is encrypted.
_CONNECTED = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})


class CutOff:
    """A context manager around one request; `extensions` go into it.

    The client must not keep connections: only one that is opened for this request is known.
    """

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    @property
    def extensions(self) -> dict[str, Any]:
        """httpx's `extensions` of the request."""
        return {"trace": self._trace}

    def __enter__(self) -> CutOff:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._socket = None

    def _trace(self, name: str, info: Mapping[str, Any]) -> None:
        if name not in _CONNECTED:
            return
        with self._lock:
            self._socket = info["return_value"].get_extra_info("socket")
            if self.passed:
                self._shut()

    def _cut(self) -> None:
        with self._lock:
            self.passed = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is None:
            return
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            # The other side was quicker: closed already, which is what was wanted.
            self._socket = None
