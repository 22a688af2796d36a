"""Have creatives made: new keys are asked for, ended ones are made again where that is wanted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from kirakat.engine.port.engine import Engine, jobs_of
from kirakat.errors import KirakatError, StoreError
from kirakat.store.ask import ask
from kirakat.store.jobs import remake_creative
from kirakat.store.known_creatives import known_creatives
from kirakat.store.records import Ask, AskOutcome


class QueueDownError(StoreError):
    """The queue takes no jobs, whatever they are."""


_ENDED = ("retired", "cancelled", "rejected", "dead")


def request_making(
    engine: Engine,
    connection: Connection,
    asks: Sequence[Ask],
    revived: Collection[str],
    *,
    reason: str | None,
    now: datetime,
) -> list[AskOutcome]:
    """Rows and jobs in the caller's transaction; one outcome for each ask.

    Keys of `revived` that have ended are made again as a new revision, with `reason` only if
    that is why they ended.
    """
    outcomes = ask(connection, asks, "online", now=now)
    ended = sorted({item.key for item in outcomes if item.state in _ENDED} & set(revived))
    again = {}
    if ended:
        known = known_creatives(connection, asks[0].merchant_id, ended)
        for key, item in known.items():
            if reason is None or item.reason == reason:
                again[key] = remake_creative(
                    connection, merchant_id=asks[0].merchant_id, key=key, revision=item.revision,
                    reason="wanted again", actor="service", now=now, redraw=reason is None,
                )  # fmt: skip
    results = [again.get(item.key, item) for item in outcomes]
    try:
        engine.enqueue(connection, jobs_of([*outcomes, *again.values()]))
    except (KirakatError, SQLAlchemyError) as error:
        raise QueueDownError(f"the queue refuses: {error}") from error
    return results
