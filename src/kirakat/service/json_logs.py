"""Logs as JSON lines: what was asked and answered, and nothing of who asked for whom."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import orjson

LOGGER = logging.getLogger("kirakat.service")


class JsonFormatter(logging.Formatter):
    """One JSON object a record; `extra={"fields": {...}}` joins it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def use_json_logs(level: str = "INFO") -> None:
    """Send all logs of this process to standard output, as JSON lines."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
