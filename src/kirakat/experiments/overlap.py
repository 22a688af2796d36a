"""Which running experiments are in each other's way."""

from __future__ import annotations

from collections.abc import Iterable

from kirakat.experiments.definition import Experiment, Namespace
from kirakat.experiments.state import ExperimentState


def rivals(state: ExperimentState, others: Iterable[ExperimentState]) -> list[str]:
    """Names of the running experiments that change the same for some of the same users."""
    return [
        other.experiment.name
        for other in others
        if other.status == "running"
        and other.experiment.name != state.experiment.name
        and other.changes & state.changes
        and not _are_apart(other.experiment, state.experiment)
    ]


def _are_apart(one: Experiment, other: Experiment) -> bool:
    if _are_disjoint(one.namespace, other.namespace):
        return True
    pairs = (
        (one.targeting.placements, other.targeting.placements),
        (one.targeting.catalogs, other.targeting.catalogs),
        (one.targeting.categories, other.targeting.categories),
    )
    return any(left and right and not set(left) & set(right) for left, right in pairs)


def _are_disjoint(one: Namespace | None, other: Namespace | None) -> bool:
    if one is None or other is None or one.name != other.name:
        return False
    return one.end <= other.start or other.end <= one.start
