"""Who is in which variant: a hash of the unit, alike in every process and at every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kirakat.experiments.definition import Experiment, Targeting, Variant
from kirakat.experiments.hash import bucket, namespace_share
from kirakat.experiments.ranges import owner
from kirakat.experiments.state import ExperimentState
from kirakat.types import Treatment


class Assignment(NamedTuple):
    """A unit's variant of one experiment, and what it changes; None: nothing."""

    experiment: str
    variant: str
    treatment: Treatment | None
    recipe: str | None
    policy: str | None
    prompt: str | None
    # A tester's, whose impressions do not count.
    is_override: bool


def assign(
    running: Sequence[ExperimentState], *, unit: str, attributes: Mapping[str, str]
) -> list[Assignment]:
    """The variants of one unit for one item, of experiments in the order of priority.

    `unit` = pseudonym; nobody without one is assigned. `attributes` = "placement", "catalog",
    "category" and whatever texts the request's context has. Experiments that would change the
    same thing as an earlier one are left out: use a namespace.
    """
    found = [
        pair
        for pair in assign_unit(running, unit)
        if is_targeted(pair[0].experiment.targeting, attributes)
    ]
    return [assignment for _, assignment in without_conflicts(found)]


def assign_unit(
    running: Sequence[ExperimentState], unit: str
) -> list[tuple[ExperimentState, Assignment]]:
    """The same for whatever item: targeting and conflicts still to be looked at."""
    if not unit:
        return []
    pairs = ((state, _variant(state, unit)) for state in running)
    return [
        (state, _assignment(state.experiment, found[0], is_override=found[1]))
        for state, found in pairs
        if found is not None
    ]


def is_targeted(targeting: Targeting, attributes: Mapping[str, str]) -> bool:
    """Whether an item of a request takes part."""
    asked = (
        ("placement", targeting.placements),
        ("catalog", targeting.catalogs),
        ("category", targeting.categories),
        *targeting.attributes.items(),
    )
    return all(not allowed or attributes.get(name) in allowed for name, allowed in asked)


def without_conflicts(
    pairs: Sequence[tuple[ExperimentState, Assignment]],
) -> list[tuple[ExperimentState, Assignment]]:
    """Those of experiments that change nothing which one before them changes.

    Experiments are compared, not variants: else a control that changes nothing would stay where
    its treated users leave, and the groups would no longer be alike.
    """
    kept: list[tuple[ExperimentState, Assignment]] = []
    taken: frozenset[str] = frozenset()
    for pair in pairs:
        changes = pair[0].changes
        if not changes & taken:
            kept.append(pair)
            taken |= changes
    return kept


def _variant(state: ExperimentState, unit: str) -> tuple[Variant, bool] | None:
    experiment = state.experiment
    forced = state.overrides.get(unit)
    if forced is not None:
        return experiment.variant(forced), True
    space = experiment.namespace
    if space is not None and not space.start <= namespace_share(space.name, unit) < space.end:
        return None
    number = owner(state.ranges, bucket(experiment.seed, unit))
    return None if number is None else (experiment.variants[number], False)


def _assignment(experiment: Experiment, variant: Variant, *, is_override: bool) -> Assignment:
    return Assignment(
        experiment.name, variant.name, variant.treatment, variant.recipe, variant.policy,
        variant.prompt, is_override,
    )  # fmt: skip
