"""Issue tickets again for renders that have none.

Tickets and renders can part: a ticket passes over a merchant whose budget is spent, or dies
with a worker between two transactions. A worker that has nothing to do looks whether renders
are due all the same, and issues one ticket each.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kirakat.engine.port.dbos_engine import DbosEngine
from kirakat.engine.port.tickets import ticket_id
from kirakat.engine.worker.options import WorkerOptions
from kirakat.store.dispatch import due_renders, explain_budgets
from kirakat.store.merchants import merchants_over_budget

if TYPE_CHECKING:
    from kirakat.store.database import Database

BUDGET_REASON = "waits for tomorrow: the merchant's renders of today are used up"


def top_up(database: Database, engine: DbosEngine, options: WorkerOptions, *, now: datetime) -> int:
    """Issue a ticket for every render that has been due for two heartbeats; gives how many.

    Idle workers that find the same at about the same time issue the same tickets.
    """
    step = max(1, round(2 * options.heartbeat))
    window = int(now.timestamp()) // step
    with database.writing() as connection:
        over = merchants_over_budget(connection, day=now.date())
        due = due_renders(
            connection,
            due_since=now - timedelta(seconds=2 * options.heartbeat),
            skip_merchants=over,
        )
        for render_id, round_ in due:
            engine.issue(connection, ticket_id(render_id, round_, f"w{window}"))
    return len(due)


def explain_waiting(database: Database, *, now: datetime) -> None:
    """Say on the rows of merchants over their budget why nothing happens."""
    with database.writing() as connection:
        over = merchants_over_budget(connection, day=now.date())
        explain_budgets(connection, over, reason=BUDGET_REASON)
