"""Where a report's experiments come from: the database, or a folder that holds everything.

A folder has `experiment.json` or `definition.toml`, `events/` (the event log) and, where shoppers
were simulated, `truth.json`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from kirakat.errors import StoreError
from kirakat.experiments.definition import Experiment
from kirakat.experiments.errors import ExperimentError
from kirakat.experiments.event_log_export import read_export_warnings
from kirakat.experiments.read_definition import load_definition
from kirakat.experiments.read_log import read_log
from kirakat.experiments.read_log_sums import LogQuestion, LogSums
from kirakat.experiments.report_facts import Study, Truth
from kirakat.experiments.state import ExperimentState
from kirakat.store.json_records import from_json


def study_of_folder(folder: Path, *, now: datetime) -> Study:
    """The experiment of a folder; raises `StoreError` for what is missing."""
    experiment = _definition(folder)
    if experiment.starts_at is None:
        raise ExperimentError(f"{folder}: the definition must say when it starts")
    end = min(filter(None, (experiment.ends_at, now)))
    sums = _read(experiment, folder / "events", experiment.starts_at, end)
    return Study(
        experiment=experiment,
        sums=sums,
        weights=tuple(variant.weight for variant in experiment.variants),
        is_final=_is_final(experiment, sums, now),
        truth=_truth(folder / "truth.json"),
    )


def study_of_state(state: ExperimentState, log: Path, *, now: datetime) -> Study:
    """The experiment of the database, with its exported log."""
    experiment = state.experiment
    if state.started_at is None:
        raise ExperimentError(f"{experiment.name} has not started: there is nothing to report")
    if not any(log.glob("*.parquet")):
        raise ExperimentError(f"{experiment.name}: no impressions were reported yet")
    end = min(filter(None, (state.stopped_at, experiment.ends_at, now)))
    sums = _read(experiment, log, state.started_at, end)
    return Study(
        experiment=experiment,
        sums=sums,
        weights=state.weights if len(state.reweightings) <= 1 else None,
        is_final=state.status == "stopped" or _is_final(experiment, sums, now),
        truth={},
    )


def _definition(folder: Path) -> Experiment:
    written = folder / "experiment.json"
    if written.is_file():
        return from_json(Experiment, json.loads(written.read_text(encoding="utf-8")))
    if (folder / "definition.toml").is_file():
        return load_definition(folder / "definition.toml", "")
    raise StoreError(f"{folder} has neither experiment.json nor definition.toml")


def _read(experiment: Experiment, log: Path, start: datetime, end: datetime) -> LogSums:
    sums = read_log(
        log,
        LogQuestion(
            experiment=experiment.name,
            variants=tuple(variant.name for variant in experiment.variants),
            start=start,
            end=end,
        ),
    )
    return replace(sums, warnings=(*sums.warnings, *read_export_warnings(log)))


def _is_final(experiment: Experiment, sums: LogSums, now: datetime) -> bool:
    """Whether the one look that was planned is due."""
    users = sum(variant.units for variant in sums.variants.values())
    is_over = experiment.ends_at is not None and experiment.ends_at.astimezone(UTC) <= now
    return is_over or users >= experiment.planned_units


def _truth(path: Path) -> Truth:
    if not path.is_file():
        return {}
    rows = json.loads(path.read_text(encoding="utf-8"))
    return {(row["treated"], row["control"], row["catalog"]): float(row["lift"]) for row in rows}
