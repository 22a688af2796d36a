"""Ask for creatives and queue what is new, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from kirakat.engine.port.engine import Engine, jobs_of
from kirakat.store.ask import ask
from kirakat.store.records import Ask, AskOutcome
from kirakat.store.states import Lane

if TYPE_CHECKING:
    from sqlalchemy import Connection


def request(
    engine: Engine, connection: Connection, asks: Sequence[Ask], lane: Lane, *, now: datetime
) -> list[AskOutcome]:
    """One outcome for each ask, in order; rows and jobs commit together, each render once.

    The merchants must exist. Raises `StoreError`.
    """
    outcomes = ask(connection, asks, lane, now=now)
    engine.enqueue(connection, jobs_of(outcomes))
    return outcomes
