"""Create, start, reweight and stop experiments, and put testers into variants.

Each is one entry of the log; `connection` is a transaction that writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from kirakat.errors import NotFoundError
from kirakat.experiments.definition import Experiment
from kirakat.experiments.errors import ExperimentError
from kirakat.experiments.ranges import Ranges, changed_ranges, first_ranges
from kirakat.experiments.state import ExperimentState, read_states
from kirakat.store.experiments import Kind, append_entry
from kirakat.store.json_records import to_json


def create(connection: Connection, experiment: Experiment, *, now: datetime, actor: str) -> None:
    """Enter an experiment, or another definition of one that has not started.

    Raises `ExperimentError` for one that has.
    """
    known = read_states(connection, experiment.merchant_id).get(experiment.name)
    if known is not None and known.status != "draft":
        raise ExperimentError(
            f"{experiment.name} is {known.status} and cannot change any more: give the new "
            "definition another name"
        )
    record = to_json(experiment)
    for name in ("starts_at", "ends_at"):
        record[name] = record[name] and record[name].isoformat()
    append_entry(
        connection, experiment.merchant_id, experiment.name, "created", {"definition": record},
        now=now, actor=actor,
    )  # fmt: skip


def start(
    connection: Connection, merchant_id: str, name: str, *, now: datetime, actor: str
) -> ExperimentState:
    """Begin to assign. Raises `NotFoundError`, and `ExperimentError` unless it is a draft."""
    state = _state(connection, merchant_id, name)
    if state.status != "draft":
        raise ExperimentError(
            f"{name} is {state.status}: only a draft starts. To run it again create it under "
            "another name; users then meet it afresh."
        )
    experiment = state.experiment
    weights = [variant.weight for variant in experiment.variants]
    ranges = first_ranges(weights, experiment.coverage)
    record = _weighting(weights, experiment.coverage, ranges)
    append_entry(connection, merchant_id, name, "started", record, now=now, actor=actor)
    return _state(connection, merchant_id, name)


def reweight(
    connection: Connection,
    merchant_id: str,
    name: str,
    *,
    weights: Mapping[str, float] | None = None,
    coverage: float | None = None,
    now: datetime,
    actor: str,
    note: str = "",
) -> ExperimentState:
    """Change weights (by variant) or coverage of a running experiment, in place.

    A weight may be 0: the variant takes nobody in any more. Raises `ExperimentError`.
    """
    state = _running(connection, merchant_id, name)
    names = [variant.name for variant in state.experiment.variants]
    new = dict(zip(names, state.weights, strict=True)) | dict(weights or {})
    share = state.coverage if coverage is None else coverage
    if set(new) != set(names):
        unknown = ", ".join(sorted(set(new) - set(names)))
        raise ExperimentError(f"{name} has no variant {unknown}; it has {', '.join(names)}")
    if min(new.values()) < 0 or sum(new.values()) <= 0 or not 0 < share <= 1:
        raise ExperimentError("weights are 0 or more, one above 0; coverage is above 0, up to 1")
    ordered = [new[variant] for variant in names]
    ranges = changed_ranges(state.ranges, ordered, share)
    append_entry(
        connection, merchant_id, name, "reweighted", _weighting(ordered, share, ranges),
        now=now, actor=actor, note=note,
    )  # fmt: skip
    return _state(connection, merchant_id, name)


def stop(
    connection: Connection, merchant_id: str, name: str, *, now: datetime, actor: str, note: str
) -> None:
    """End a running experiment for good; raises `ExperimentError` for another."""
    _running(connection, merchant_id, name)
    append_entry(connection, merchant_id, name, "stopped", {}, now=now, actor=actor, note=note)


def override(
    connection: Connection,
    merchant_id: str,
    name: str,
    *,
    unit: str,
    variant: str | None,
    now: datetime,
    actor: str,
) -> None:
    """Put one unit (a pseudonym) into a variant whatever its hash says; None: no longer."""
    experiment = _state(connection, merchant_id, name).experiment
    names = [one.name for one in experiment.variants]
    if variant is not None and variant not in names:
        raise ExperimentError(f"{name} has no variant {variant}; it has {', '.join(names)}")
    record: dict[str, Any] = {"unit": unit}
    if variant is not None:
        record["variant"] = variant
    kind: Kind = "override_removed" if variant is None else "override"
    append_entry(connection, merchant_id, name, kind, record, now=now, actor=actor)


def _weighting(weights: list[float], coverage: float, ranges: tuple[Ranges, ...]) -> dict[str, Any]:
    stretches = [[list(stretch) for stretch in one] for one in ranges]
    return {"weights": weights, "coverage": coverage, "ranges": stretches}


def _state(connection: Connection, merchant_id: str, name: str) -> ExperimentState:
    states = read_states(connection, merchant_id)
    if name not in states:
        known = ", ".join(states) or "none yet; `kirakat experiment create FILE` makes one"
        raise NotFoundError(f"no experiment {name}; there are: {known}", name=name)
    return states[name]


def _running(connection: Connection, merchant_id: str, name: str) -> ExperimentState:
    state = _state(connection, merchant_id, name)
    if state.status != "running":
        raise ExperimentError(f"{name} is {state.status}, not running")
    return state
