"""What the running experiments make of a request's items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from kirakat.experiments.assign import (
    Assignment,
    assign_unit,
    is_targeted,
    without_conflicts,
)
from kirakat.experiments.definition import Targeting
from kirakat.experiments.state import ExperimentState
from kirakat.prompts.category import category_of
from kirakat.service.plans import AUTO, Plan, PlanId, View
from kirakat.types import Treatment

Pair = tuple[ExperimentState, Assignment]
_EVERYTHING = Targeting()


class Alternative(NamedTuple):
    """What some variant would show for an item."""

    item: PlanId
    # Whether a policy chooses there: then every arm has to be ready to compare like with like.
    by_policy: bool


class Assigned(NamedTuple):
    """An item as its unit's variants ask for it."""

    item: PlanId
    pairs: Sequence[Pair]
    # What each variant of each of its experiments would show, its own included.
    alternatives: Sequence[Alternative]


class Exposure(NamedTuple):
    """What an item's answer and its decision say of experiments."""

    # Variant by experiment, as it is logged; testers are left out.
    assignment: Mapping[str, str]
    # The answer's fields "experiment" and "variant", of the first one.
    piece: bytes
    # Whether what any variant would have shown was ready; None: not known.
    all_ready: bool | None
    # Of the item, alike for all variants, whatever pools they choose from.
    category: str


class _Shape(NamedTuple):
    """The end of a `PlanId`: all of it that experiments decide."""

    treatment: Treatment
    prompt: str
    recipe: str
    pool: str


class _Shapes(NamedTuple):
    """What some experiments together make of an item, whichever it is."""

    pairs: Sequence[Pair]
    own: _Shape
    # As `Alternative` has them.
    others: Sequence[tuple[_Shape, bool]]


UNEXPOSED = Exposure({}, b"", None, "")


def pairs_of(
    running: Sequence[ExperimentState], unit: str, context: Mapping[str, Any], now: datetime
) -> list[Pair]:
    """The variants of a request's unit; none for nobody, and for what the caller calls a bot."""
    if not unit or context.get("bot") is True:
        return []
    return assign_unit([state for state in running if state.runs_at(now)], unit)


def asks_category(pairs: Sequence[Pair]) -> bool:
    """Whether targeting needs the items' categories."""
    return any(state.experiment.targeting.categories for state, _ in pairs)


def item_category(plan: Plan | None) -> str:
    """The category of an item; empty while nothing is known of it."""
    if plan is None or plan.offer is None:
        return ""
    return plan.category or category_of(plan.offer).category


class Variants:
    """A request's variants, worked out once for all of its items."""

    def __init__(self, pairs: Sequence[Pair], context: Mapping[str, Any]) -> None:
        self._pairs = pairs
        self._texts = {name: value for name, value in context.items() if isinstance(value, str)}
        self._is_targeted = any(state.experiment.targeting != _EVERYTHING for state, _ in pairs)
        self._shapes: dict[tuple[str, ...], _Shapes] = {}

    def of(self, item: PlanId, category: str) -> Assigned:
        """What is asked for instead of an item; itself where the caller has chosen already."""
        if item.treatment != "generated" or item.prompt != AUTO:
            return Assigned(item, (), ())
        shapes = self._shapes_for(item, category)
        front = item[:4]
        return Assigned(
            PlanId(*front, *shapes.own),
            shapes.pairs,
            [Alternative(PlanId(*front, *other), by_policy) for other, by_policy in shapes.others],
        )

    def _shapes_for(self, item: PlanId, category: str) -> _Shapes:
        key = (item.placement, item.catalog, category) if self._is_targeted else ()
        found = self._shapes.get(key)
        if found is None:
            found = self._shapes[key] = _shapes(self._targeted(item, category))
        return found

    def _targeted(self, item: PlanId, category: str) -> Sequence[Pair]:
        attributes = {**self._texts, "placement": item.placement, "catalog": item.catalog}
        attributes["category"] = category
        return without_conflicts(
            [pair for pair in self._pairs if is_targeted(pair[0].experiment.targeting, attributes)]
        )


def is_possible(assigned: Assigned, plans: Mapping[PlanId, Plan]) -> bool:
    """Whether every variant could show something some day.

    Where one cannot (an offer without what a prompt needs), the item takes no part for anybody:
    else only the users of the other variants would be counted.
    """
    found = [plans.get(one.item) for one in assigned.alternatives]
    return not any(plan is not None and plan.problem for plan in found)


def exposure(assigned: Assigned, plan: Plan, view: View, plans: Mapping[PlanId, Plan]) -> Exposure:
    """What is said and logged of an item that is about to be answered by `plan`.

    `plans` hold those of its alternatives, as far as they are known.
    """
    pairs = [pair for pair in assigned.pairs if _matters(pair[0], plan, view)]
    if not pairs:
        return UNEXPOSED
    first = pairs[0][1]
    piece = b"".join((
        b',"experiment":', orjson.dumps(first.experiment), b',"variant":',
        orjson.dumps(first.variant),
    ))  # fmt: skip
    logged = {one.experiment: one.variant for _, one in pairs if not one.is_override}
    others = assigned.alternatives
    category = _category([plans[one.item] for one in others if one.item in plans], plan)
    return Exposure(logged, piece, _all_ready(others, plans), category)


def _category(others: Sequence[Plan], plan: Plan) -> str:
    """That of whatever variant has one: originals are of no pool."""
    pools = (one.category.partition("#")[0] for one in others)
    return next((name for name in pools if name), "") or item_category(plan)


def _all_ready(alternatives: Sequence[Alternative], plans: Mapping[PlanId, Plan]) -> bool | None:
    """Whether each variant could show its picture now; None where that is not known."""
    for one in alternatives:
        plan = plans.get(one.item)
        if plan is None or plan.view is None:
            return None
        readiness = plan.view.readiness
        missing = one.by_policy and len(readiness.ready) < len(readiness.eligible)
        if missing or not readiness.ready:
            return False
    return True


def _matters(state: ExperimentState, plan: Plan, view: View) -> bool:
    """Whether the variants could differ here; alike for all of them, else groups would not be."""
    if not state.differences or state.differences - {"policy", "prompt"}:
        return True
    if plan.placement is None or plan.placement.is_tile:
        return False
    names_prompts = any(variant.prompt for variant in state.experiment.variants)
    return names_prompts or len(view.readiness.eligible) > 1


def _shapes(pairs: Sequence[Pair]) -> _Shapes:
    """What a unit's variants ask for; and each variant of each experiment, the others as is."""
    assignments = [assignment for _, assignment in pairs]
    others: list[tuple[_Shape, bool]] = []
    for number, (state, own) in enumerate(pairs):
        for variant in state.experiment.variants:
            other = own._replace(
                treatment=variant.treatment, recipe=variant.recipe, policy=variant.policy,
                prompt=variant.prompt,
            )  # fmt: skip
            changed = [*assignments[:number], other, *assignments[number + 1 :]]
            others.append((_shape(changed), "policy" in state.differences))
    return _Shapes(pairs, _shape(assignments), others)


def _shape(assignments: Sequence[Assignment]) -> _Shape:
    treatment: Treatment = "generated"
    recipe, policy, prompt = "", "", AUTO
    for one in assignments:
        treatment, recipe = one.treatment or treatment, one.recipe or recipe
        policy, prompt = one.policy or policy, one.prompt or prompt
    if treatment != "generated":
        policy, prompt = "", AUTO
    # Another recipe's pictures are other arms: they teach a pool of their own.
    return _Shape(treatment, prompt, recipe, "+".join(filter(None, (policy, recipe))))
