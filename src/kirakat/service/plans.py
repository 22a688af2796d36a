"""What can be shown for one item: its offer, and a key for each arm. Built once, then cached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

from kirakat.bandit.arms import ORIGINAL, Readiness
from kirakat.bandit.configuration import POSITIONED
from kirakat.errors import KirakatError, PromptError
from kirakat.prompts.category import category_of
from kirakat.prompts.pool import Pools
from kirakat.prompts.render import render_prompt
from kirakat.service.creative_cache import Entry
from kirakat.service.facts import Facts
from kirakat.service.generation import Generation
from kirakat.service.read_placement import read_placement
from kirakat.store.controls import NO_ORDERS, Orders
from kirakat.store.identities import ask_key, make_ask
from kirakat.store.records import Ask, OfferRecord
from kirakat.types import Offer, Placement, Prompt, Recipe, Treatment

AUTO = "auto"
_ELIGIBLE = ("ready", "missing")
STOPPED = "a person stopped this offer's pictures"
FROZEN = "a person stopped the making of new pictures for this offer"
UNKNOWN_OFFER = "the catalogue has no such offer"


class PlanId(NamedTuple):
    """What a plan depends on."""

    merchant_id: str
    catalog: str
    offer_id: str
    # A name, or `placement_text` of an object.
    placement: str
    treatment: Treatment
    # "auto" or a prompt's id.
    prompt: str
    # name@version of an experiment's recipe; empty: as pictures always are made.
    recipe: str = ""
    # What an experiment keeps apart: the pool is named category#pool; empty: the category's own.
    pool: str = ""


class Candidate(NamedTuple):
    """One arm and the key of its creative."""

    # prompt@version; the treatment where there is no prompt.
    arm: str
    key: str
    prompt: Prompt | None


class View:
    """A plan's arms as they stand, until any creative changes."""

    __slots__ = ("entries", "expires", "readiness", "version")

    def __init__(
        self,
        entries: Mapping[str, Entry | None],
        *,
        version: int,
        expires: float,
        always: Sequence[str] = (),
    ) -> None:
        # By arm; None where nothing is known.
        self.entries = entries
        self.version, self.expires = version, expires
        ready = [arm for arm, one in entries.items() if one and one.standing == "ready"]
        eligible = [arm for arm, one in entries.items() if not one or one.standing in _ELIGIBLE]
        # `always`: arms that need no creative.
        self.readiness = Readiness(eligible=(*eligible, *always), ready=(*ready, *always))


class Plan:
    """An item's arms, and the pieces of its answers that never change."""

    __slots__ = (
        "always", "arms", "built_at", "candidates", "catalog_revision", "category", "facts",
        "frozen", "head", "image_id", "image_json", "offer", "placement", "pools_revision",
        "problem", "recipe", "treatment", "view",
    )  # fmt: skip

    def __init__(
        self,
        offer_id: str,
        record: OfferRecord | None,
        *,
        placement: Placement | None = None,
        treatment: Treatment = "original",
        candidates: Sequence[Candidate] = (),
        category: str = "",
        always: Sequence[str] = (),
        recipe: Recipe | None = None,
        frozen: str = "",
        problem: str = "",
    ) -> None:
        self.offer: Offer | None = record.offer if record else None
        self.image_id = record.image_id if record else ""
        self.placement = placement
        # What is made: `positioned` for a tile, whatever was asked for.
        self.treatment = treatment
        self.candidates = tuple(candidates)
        self.arms = {candidate.arm: candidate for candidate in candidates}
        # The pool whose policy chooses; empty where the caller has chosen.
        self.category = category
        # Arms that need no creative: the original, where its pool has it as an arm.
        self.always = tuple(always)
        # How its pictures are made.
        self.recipe = recipe
        # What policies know of the item; set by `contexts.py`.
        self.facts: Facts | None = None
        # Why nothing new is made though what is ready is shown; empty when it is.
        self.frozen = frozen
        # Why nothing can be made; empty when something can.
        self.problem = problem
        self.head = b'{"offer_id":' + orjson.dumps(offer_id)
        self.image_json = orjson.dumps(self.offer.image_link if self.offer else None)
        # Monotonic time, and the revisions of catalogue and pools; set by the cache.
        self.built_at = 0.0
        # What the creatives of the arms were when it was last answered.
        self.view: View | None = None
        self.catalog_revision = 0
        self.pools_revision = 0


def build_plan(
    plan_id: PlanId,
    record: OfferRecord | None,
    generation: Generation,
    pools: Pools | None = None,
    orders: Orders = NO_ORDERS,
) -> Plan:
    """The plan of an item whose offer was found, or not.

    `pools` are the merchant's own; None: those of `generation`, which are everybody's. `orders`
    are what people said of the merchant's offers.
    """
    if record is None:
        return Plan(plan_id.offer_id, None, problem=UNKNOWN_OFFER)
    order = orders.about(record.offer.offer_id, plan_id.catalog)
    if order == "kill":
        return Plan(plan_id.offer_id, record, problem=STOPPED)
    try:
        placement = read_placement(plan_id.placement, generation.placements)
        treatment = plan_id.treatment
        if treatment == "generated" and placement.is_tile:
            treatment = "positioned"
        candidates = _candidates(
            plan_id, record, placement, treatment, generation, pools or generation.pools
        )
    except KirakatError as error:
        return Plan(plan_id.offer_id, record, problem=str(error))
    category = _category(plan_id, candidates)
    extra = generation.extra_arms(category) if category else ()
    if POSITIONED in extra:
        candidates.append(_unprompted(plan_id, record, placement, POSITIONED, generation))
    return Plan(
        plan_id.offer_id,
        record,
        placement=placement,
        treatment=treatment,
        candidates=candidates,
        category=f"{category}#{plan_id.pool}" if category and plan_id.pool else category,
        recipe=generation.recipe,
        frozen=FROZEN if order == "do_not_generate" else "",
        always=[arm for arm in extra if arm == ORIGINAL and record.offer.image_link],
        problem="" if candidates else "no prompt of the pool suits the offer",
    )


def treatment_of(plan: Plan, candidate: Candidate) -> Treatment:
    """What is made for a candidate: `positioned` may be an arm beside the prompts."""
    if candidate.prompt is None and candidate.arm == POSITIONED:
        return "positioned"
    return plan.treatment


def ask_of(plan: Plan, candidate: Candidate, generation: Generation) -> Ask:
    """The ask for one of a plan's arms."""
    if plan.offer is None or plan.placement is None:
        raise KirakatError("a plan without an offer has nothing to ask for")
    prompt = render_prompt(candidate.prompt, plan.offer) if candidate.prompt else None
    return make_ask(
        offer=plan.offer,
        image_id=plan.image_id,
        prompt=prompt,
        placement=plan.placement,
        treatment=treatment_of(plan, candidate),
        recipe=plan.recipe or generation.recipe,
        bucket=generation.bucket_of(plan.placement) if prompt else "",
    )


def _candidates(
    plan_id: PlanId,
    record: OfferRecord,
    placement: Placement,
    treatment: Treatment,
    generation: Generation,
    pools: Pools,
) -> list[Candidate]:
    if treatment != "generated":
        return [_unprompted(plan_id, record, placement, treatment, generation)]
    made_of = (plan_id.merchant_id, record.image_id)
    found = []
    for prompt in _prompts(plan_id.prompt, record.offer, pools):
        texts = _texts(prompt, record.offer, is_only=plan_id.prompt != AUTO)
        if texts is not None:
            key = ask_key(*made_of, texts, placement, treatment, generation.recipe)
            found.append(Candidate(prompt.arm, key, prompt))
    return found


def _unprompted(
    plan_id: PlanId,
    record: OfferRecord,
    placement: Placement,
    treatment: Treatment,
    generation: Generation,
) -> Candidate:
    made_of = (plan_id.merchant_id, record.image_id)
    key = ask_key(*made_of, ("", ""), placement, treatment, generation.recipe)
    return Candidate(treatment, key, None)


def _category(plan_id: PlanId, candidates: Sequence[Candidate]) -> str:
    """The pool of the prompts among which a policy chooses; empty where none does."""
    prompt = candidates[0].prompt if candidates and plan_id.prompt == AUTO else None
    return prompt.category if prompt else ""


def _prompts(wanted: str, offer: Offer, pools: Pools) -> tuple[Prompt, ...]:
    if wanted != AUTO:
        return (pools.prompt(wanted),)
    return pools.for_category(category_of(offer, pools.categories).category)


def _texts(prompt: Prompt, offer: Offer, *, is_only: bool) -> tuple[str, str] | None:
    """The rendered texts; None for a prompt that the offer lacks an attribute for."""
    try:
        rendered = render_prompt(prompt, offer)
    except PromptError:
        if is_only:
            raise
        return None
    return rendered.text, rendered.negative
