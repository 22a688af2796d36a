"""Who a worker process is, to the others."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from kirakat import __version__
from kirakat.store import executors

if TYPE_CHECKING:
    from sqlalchemy import Connection


def _unique_id() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


@dataclass(frozen=True, kw_only=True)
class Executor:
    """A worker process; no two ever share an id, not even after a restart."""

    executor_id: str = field(default_factory=_unique_id)
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)

    def beat(self, connection: Connection, now: datetime) -> None:
        """Give a sign of life."""
        executors.beat(
            connection,
            executor_id=self.executor_id,
            host=self.host,
            pid=self.pid,
            version=__version__,
            now=now,
        )

    def leave(self, connection: Connection) -> None:
        """Say goodbye; what is still held is given back by the others at once."""
        executors.remove_executor(connection, self.executor_id)
