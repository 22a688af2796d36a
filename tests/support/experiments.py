"""Experiments to test with."""

from __future__ import annotations

from kirakat.experiments.definition import (
    Comparison,
    Experiment,
    Namespace,
    Targeting,
    Variant,
)
from kirakat.experiments.ranges import first_ranges
from kirakat.experiments.read_definition import read_definition
from kirakat.experiments.state import ExperimentState


def some_experiment(
    name: str = "test",
    *,
    variants: tuple[Variant, ...] = (
        Variant(name="old", treatment="original"),
        Variant(name="new", treatment="generated"),
    ),
    targeting: Targeting | None = None,
    namespace: Namespace | None = None,
    coverage: float = 1.0,
    merchant_id: str = "shop",
) -> Experiment:
    """A sound definition."""
    return Experiment(
        merchant_id=merchant_id, name=name, seed=name, variants=variants,
        targeting=targeting or Targeting(),
        namespace=namespace, coverage=coverage, planned_units=1_000,
        comparisons=tuple(
            Comparison(treated=one.name, control=variants[0].name) for one in variants[1:]
        ),
    )  # fmt: skip


def running(experiment: Experiment, overrides: dict[str, str] | None = None) -> ExperimentState:
    """The experiment as it is right after its start."""
    weights = [variant.weight for variant in experiment.variants]
    return ExperimentState(
        experiment=experiment, status="running",
        ranges=first_ranges(weights, experiment.coverage), overrides=overrides or {},
    )  # fmt: skip


def from_toml(text: str) -> Experiment:
    """The experiment of a definition."""
    return read_definition(text, "shop")
