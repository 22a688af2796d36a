"""What the rest of Kirakat knows of the engine: put renders on its queue.

Where a render stands, and cancelling it, is a matter of its row (`store.jobs`): a ticket that
finds its render cancelled takes another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from kirakat.store.records import AskOutcome

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Job(NamedTuple):
    """One run of one render: the same job is queued once, however often it is asked for."""

    render_id: str
    # How often the render was queued afresh after it had ended.
    round: int


class Engine(Protocol):
    """A durable queue of renders. It works inside the caller's own transaction."""

    def enqueue(self, connection: Connection, jobs: Iterable[Job]) -> int:
        """Queue jobs, whose rows `store.ask` has written; gives how many distinct ones.

        They commit or vanish with the caller's transaction. Queueing a job again does nothing.
        Which render is computed first is decided by the rows (lane, asks), not by this order.
        """
        ...

    def close(self) -> None:
        """Close the engine's own connections."""
        ...


def jobs_of(outcomes: Iterable[AskOutcome]) -> set[Job]:
    """The jobs that `store.ask` or `store.remake_creative` told its caller to enqueue."""
    return {Job(item.render_id, item.round) for item in outcomes if item.enqueue}
