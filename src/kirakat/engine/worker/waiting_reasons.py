"""Say on the rows of merchants over their budget why nothing happens."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from kirakat.store.dispatch import explain_budgets
from kirakat.store.merchants import merchants_over_budget

if TYPE_CHECKING:
    from kirakat.store.database import Database

BUDGET_REASON = "waits for tomorrow: the merchant's renders of today are used up"


def explain_waiting(database: Database, *, now: datetime) -> None:
    """Write the reason on what waits for another day, and take it off the rest."""
    with database.writing() as connection:
        over = merchants_over_budget(connection, day=now.date())
        explain_budgets(connection, over, reason=BUDGET_REASON)
