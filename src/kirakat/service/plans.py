"""What can be shown for one item: its offer, and a key for each arm. Built once, then cached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

from kirakat.errors import KirakatError, PromptError
from kirakat.prompts.category import category_of
from kirakat.prompts.render import render_prompt
from kirakat.service.creative_cache import Entry
from kirakat.service.generation import Generation
from kirakat.service.key_texts import ask_key
from kirakat.service.read_placement import read_placement
from kirakat.store.identities import make_ask
from kirakat.store.records import Ask, OfferRecord
from kirakat.types import Offer, Placement, Prompt, Treatment

AUTO = "auto"
_ELIGIBLE = ("ready", "missing")
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


class Candidate(NamedTuple):
    """One arm and the key of its creative."""

    # prompt@version; the treatment where there is no prompt.
    arm: str
    key: str
    prompt: Prompt | None


class View:
    """A plan's arms as they stand, until any creative changes."""

    __slots__ = ("eligible", "entries", "expires", "ready", "version")

    def __init__(
        self, entries: Mapping[str, Entry | None], *, version: int, expires: float
    ) -> None:
        # By arm; None where nothing is known.
        self.entries = entries
        self.version, self.expires = version, expires
        self.ready = [arm for arm, one in entries.items() if one and one.standing == "ready"]
        self.eligible = [
            arm for arm, one in entries.items() if one is None or one.standing in _ELIGIBLE
        ]


class Plan:
    """An item's arms, and the pieces of its answers that never change."""

    __slots__ = (
        "arms", "built_at", "candidates", "catalog_revision", "head", "image_id",
        "image_json", "offer", "placement", "problem", "treatment", "view",
    )  # fmt: skip

    def __init__(
        self,
        offer_id: str,
        record: OfferRecord | None,
        *,
        placement: Placement | None = None,
        treatment: Treatment = "original",
        candidates: Sequence[Candidate] = (),
        problem: str = "",
    ) -> None:
        self.offer: Offer | None = record.offer if record else None
        self.image_id = record.image_id if record else ""
        self.placement = placement
        # What is made: `positioned` for a tile, whatever was asked for.
        self.treatment = treatment
        self.candidates = tuple(candidates)
        self.arms = {candidate.arm: candidate for candidate in candidates}
        # Why nothing can be made; empty when something can.
        self.problem = problem
        self.head = b'{"offer_id":' + orjson.dumps(offer_id)
        self.image_json = orjson.dumps(self.offer.image_link if self.offer else None)
        # Monotonic time, and the catalogue's revision; set by the cache.
        self.built_at = 0.0
        # What the creatives of the arms were when it was last answered.
        self.view: View | None = None
        self.catalog_revision = 0


def build_plan(plan_id: PlanId, record: OfferRecord | None, generation: Generation) -> Plan:
    """The plan of an item whose offer was found, or not."""
    if record is None:
        return Plan(plan_id.offer_id, None, problem=UNKNOWN_OFFER)
    try:
        placement = read_placement(plan_id.placement, generation.placements)
        treatment = plan_id.treatment
        if treatment == "generated" and placement.is_tile:
            treatment = "positioned"
        candidates = _candidates(plan_id, record, placement, treatment, generation)
    except KirakatError as error:
        return Plan(plan_id.offer_id, record, problem=str(error))
    return Plan(
        plan_id.offer_id,
        record,
        placement=placement,
        treatment=treatment,
        candidates=candidates,
        problem="" if candidates else "no prompt of the pool suits the offer",
    )


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
        treatment=plan.treatment,
        recipe=generation.recipe,
        bucket=generation.bucket_of(plan.placement) if prompt else "",
    )


def _candidates(
    plan_id: PlanId,
    record: OfferRecord,
    placement: Placement,
    treatment: Treatment,
    generation: Generation,
) -> list[Candidate]:
    made_of = (plan_id.merchant_id, record.image_id)
    if treatment != "generated":
        key = ask_key(*made_of, ("", ""), placement, treatment, generation.recipe)
        return [Candidate(treatment, key, None)]
    found = []
    for prompt in _prompts(plan_id.prompt, record.offer, generation):
        texts = _texts(prompt, record.offer, is_only=plan_id.prompt != AUTO)
        if texts is not None:
            key = ask_key(*made_of, texts, placement, treatment, generation.recipe)
            found.append(Candidate(prompt.arm, key, prompt))
    return found


def _prompts(wanted: str, offer: Offer, generation: Generation) -> tuple[Prompt, ...]:
    pools = generation.pools
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
