"""The log of experiments: appended, never changed; what it means is not the store's affair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from kirakat.errors import ConflictError
from kirakat.store.bulk import as_record, insert_missing
from kirakat.store.tables_experiments import experiment_log

Kind = Literal["created", "started", "reweighted", "stopped", "override", "override_removed"]


@dataclass(frozen=True, kw_only=True)
class ExperimentEntry:
    """One thing that was done to an experiment."""

    merchant_id: str
    # From 1 for each merchant.
    sequence: int
    # The experiment's name.
    experiment: str
    kind: Kind
    record: Mapping[str, Any]
    # Who did it, and why.
    actor: str
    note: str
    at: datetime


def append_entry(
    connection: Connection,
    merchant_id: str,
    experiment: str,
    kind: Kind,
    record: Mapping[str, Any],
    *,
    now: datetime,
    actor: str = "",
    note: str = "",
) -> int:
    """Append to a merchant's log; gives the entry's number.

    Read the log in the same transaction before: raises `ConflictError` when somebody else
    appended meanwhile.
    """
    sequence = _last(connection, merchant_id) + 1
    row = {
        "merchant_id": merchant_id,
        "sequence": sequence,
        "experiment": experiment,
        "kind": kind,
        "record": dict(record),
        "actor": actor,
        "note": note,
        "at": now,
    }
    if not insert_missing(connection, experiment_log, [row], experiment_log.c.sequence):
        raise ConflictError("somebody else changed an experiment first: look again and retry")
    return sequence


def read_entries(
    connection: Connection, merchant_id: str, experiment: str | None = None
) -> list[ExperimentEntry]:
    """A merchant's log, or that of one experiment, oldest first."""
    statement = select(experiment_log).where(experiment_log.c.merchant_id == merchant_id)
    if experiment is not None:
        statement = statement.where(experiment_log.c.experiment == experiment)
    rows = connection.execute(statement.order_by(experiment_log.c.sequence))
    return [as_record(ExperimentEntry, row) for row in rows]


def read_positions(connection: Connection) -> dict[str, int]:
    """The last entry's number of every merchant that has one; cheap enough for every second."""
    statement = select(experiment_log.c.merchant_id, func.max(experiment_log.c.sequence)).group_by(
        experiment_log.c.merchant_id
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def _last(connection: Connection, merchant_id: str) -> int:
    statement = select(func.max(experiment_log.c.sequence)).where(
        experiment_log.c.merchant_id == merchant_id
    )
    return connection.execute(statement).scalar_one() or 0
