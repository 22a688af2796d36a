"""What an experiment is like now: its log, read from the start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import Connection

from kirakat.experiments.definition import Experiment
from kirakat.experiments.ranges import Ranges
from kirakat.store.experiments import ExperimentEntry, read_entries
from kirakat.store.json_records import from_json

Status = Literal["draft", "running", "stopped"]

_CHANGES = ("treatment", "recipe", "policy", "prompt")


@dataclass(frozen=True, kw_only=True)
class Reweighting:
    """Weights and coverage from a moment on; the first is that of the start."""

    at: datetime
    # By variant, in the definition's order.
    weights: tuple[float, ...]
    coverage: float


@dataclass(frozen=True, kw_only=True)
class ExperimentState:
    """An experiment and how it went so far."""

    experiment: Experiment
    status: Status = "draft"
    # Buckets of each variant, in the definition's order; empty before the start.
    ranges: tuple[Ranges, ...] = ()
    # Variant by unit, for testers; their impressions do not count.
    overrides: Mapping[str, str] = field(default_factory=dict)
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    reweightings: tuple[Reweighting, ...] = ()
    # Why it was stopped.
    note: str = ""

    @property
    def weights(self) -> tuple[float, ...]:
        """Of the variants now, in the definition's order."""
        if self.reweightings:
            return self.reweightings[-1].weights
        return tuple(variant.weight for variant in self.experiment.variants)

    @property
    def coverage(self) -> float:
        """Share of the users that take part now."""
        return self.reweightings[-1].coverage if self.reweightings else self.experiment.coverage

    @cached_property
    def changes(self) -> frozenset[str]:
        """What it lays hands on: any of treatment, recipe, policy and prompt.

        A variant without prompts (original, positioned) leaves nothing to other experiments.
        """
        changed: set[str] = set()
        for variant in self.experiment.variants:
            changed |= {name for name in _CHANGES if getattr(variant, name) is not None}
            if variant.treatment not in (None, "generated"):
                changed |= set(_CHANGES)
        if changed & {"policy", "prompt"}:
            changed |= {"policy", "prompt"}
        return frozenset(changed)

    @cached_property
    def differences(self) -> frozenset[str]:
        """In what the variants differ among each other, for items that would be generated."""
        differing = {
            name
            for name in _CHANGES
            if len({getattr(variant, name) for variant in self.experiment.variants}) > 1
        }
        if {variant.treatment for variant in self.experiment.variants} <= {None, "generated"}:
            differing.discard("treatment")
        return frozenset(differing)

    def runs_at(self, now: datetime) -> bool:
        """Whether requests are assigned: started, not stopped, and not past its end."""
        experiment = self.experiment
        begun = experiment.starts_at is None or experiment.starts_at <= now
        over = experiment.ends_at is not None and experiment.ends_at <= now
        return self.status == "running" and begun and not over


def read_states(connection: Connection, merchant_id: str) -> dict[str, ExperimentState]:
    """A merchant's experiments by name, in the order in which they were created."""
    return states_of(read_entries(connection, merchant_id))


def states_of(entries: Iterable[ExperimentEntry]) -> dict[str, ExperimentState]:
    """The states that log entries of one merchant add up to."""
    states: dict[str, ExperimentState] = {}
    for entry in entries:
        if entry.kind == "created":
            experiment = from_json(Experiment, entry.record["definition"])
            states[entry.experiment] = ExperimentState(experiment=experiment)
        else:
            states[entry.experiment] = _after(states[entry.experiment], entry)
    return states


def _after(state: ExperimentState, entry: ExperimentEntry) -> ExperimentState:
    record = entry.record
    if entry.kind == "started":
        return replace(_reweighted(state, entry), status="running", started_at=entry.at)
    if entry.kind == "reweighted":
        return _reweighted(state, entry)
    if entry.kind == "stopped":
        return replace(state, status="stopped", stopped_at=entry.at, note=entry.note)
    overrides = {unit: name for unit, name in state.overrides.items() if unit != record["unit"]}
    if entry.kind == "override":
        overrides[record["unit"]] = record["variant"]
    return replace(state, overrides=overrides)


def _reweighted(state: ExperimentState, entry: ExperimentEntry) -> ExperimentState:
    record = entry.record
    change = Reweighting(
        at=entry.at, weights=tuple(record["weights"]), coverage=float(record["coverage"])
    )
    return replace(
        state,
        ranges=tuple(_ranges(stretches) for stretches in record["ranges"]),
        reweightings=(*state.reweightings, change),
    )


def _ranges(stretches: Iterable[Any]) -> Ranges:
    return tuple((int(start), int(end)) for start, end in stretches)
