"""How a worker behaves; the settings of the same names fill it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WorkerOptions:
    """Times are seconds."""

    # Most renders that are handed to the renderer together.
    batch_size: int = 4
    # Batches after which nothing more is claimed; 0: no end.
    most_batches: int = 0
    # Longest time that a lone job waits for company.
    batch_wait: float = 0.05
    # How often the queue is looked at.
    poll: float = 0.2
    # How often a sign of life is given and what silent workers held is looked for.
    heartbeat: float = 5.0
    # A worker that was silent for so long has lost what it held.
    lease: float = 30.0
    # Tries of a render before it is a dead letter.
    max_attempts: int = 5
    # Wait before the second try; four times as long before each further one.
    retry: float = 2.0
    # Longest wait for what is in flight when the worker is told to stop.
    drain: float = 60.0
    # Resident bytes above which the models are unloaded, then batches are one render; 0: none.
    memory_limit: int = 0

    @property
    def in_flight(self) -> int:
        """Claims that are settled side by side: a batch in the renderer and two behind it."""
        return 3 * self.batch_size

    def retry_delay(self, tries: int) -> float:
        """Seconds to wait after so many failed tries."""
        return float(self.retry * 4 ** max(0, tries - 1))
