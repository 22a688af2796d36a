"""Keep the process within its memory."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from kirakat.engine.worker.renderer import Renderer

_log = logging.getLogger(__name__)


def resident_bytes() -> int:
    """Bytes of memory that this process occupies; 0 where the system does not tell."""
    import resource

    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except FileNotFoundError:
        return 0
    return pages * resource.getpagesize()


def give_memory_back() -> None:
    """Let the system and the GPU have what dropped models occupied."""
    gc.collect()
    # Whoever never loaded a model has nothing there.
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


class MemoryGuard:
    """Says how large the next batch may be."""

    def __init__(
        self, renderer: Renderer, *, limit: int, resident: Callable[[], int] = resident_bytes
    ) -> None:
        self._renderer = renderer
        # Bytes; 0: none.
        self._limit = limit
        self._resident = resident

    def allowed(self, size: int) -> int:
        """`size`; above the limit the models are unloaded, and if that does not help, 1."""
        if not self._limit or self._resident() <= self._limit:
            return size
        self._renderer.unload()
        give_memory_back()
        left = self._resident()
        _log.warning("the models were unloaded: %.0f MB are left", left / 1e6)
        return size if left <= self._limit else 1
