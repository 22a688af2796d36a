"""What the rest of Kirakat knows of the engine: put renders on its queue, cancel, look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from kirakat.store.records import AskOutcome
from kirakat.store.states import Lane, RenderState

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Job(NamedTuple):
    """One run of one render: the same job is queued once, however often it is asked for."""

    render_id: str
    # How often the render was queued afresh after it had ended.
    round: int


@dataclass(frozen=True, kw_only=True)
class JobStatus:
    """Where a render stands."""

    render_id: str
    state: RenderState
    lane: Lane
    round: int
    # Tries in this round, the running one included.
    attempts: int
    # Why it waits or failed; empty when there is nothing to say.
    reason: str
    # When it may be tried (again).
    next_at: datetime


class Engine(Protocol):
    """A durable queue of renders. Every method works inside the caller's own transaction."""

    def enqueue(self, connection: Connection, jobs: Iterable[Job]) -> int:
        """Queue jobs, whose rows `store.ask` has written; gives how many distinct ones.

        They commit or vanish with the caller's transaction. Queueing a job again does nothing.
        Which render is computed first is decided by the rows (lane, asks), not by this order.
        """
        ...

    def cancel(
        self, connection: Connection, *, render_id: str, reason: str, actor: str, now: datetime
    ) -> None:
        """Cancel a queued or running render and the keys that wait on it.

        A worker that is at it publishes nothing. Raises `ConflictError` when it has ended.
        """
        ...

    def status(self, connection: Connection, render_id: str) -> JobStatus:
        """Where a render stands; raises `NotFoundError`."""
        ...

    def close(self) -> None:
        """Close the engine's own connections."""
        ...


def jobs_of(outcomes: Iterable[AskOutcome]) -> set[Job]:
    """The jobs that `store.ask` or `store.remake_creative` told its caller to enqueue."""
    return {Job(item.render_id, item.round) for item in outcomes if item.enqueue}
