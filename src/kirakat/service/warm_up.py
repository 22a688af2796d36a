"""Do once before the first request what is slow the first time."""

from __future__ import annotations

from kirakat.clock import Clock
from kirakat.service.generation import Generation
from kirakat.service.plans import AUTO, PlanId, ask_of, build_plan
from kirakat.store.json_records import from_json, to_json
from kirakat.store.records import OfferRecord
from kirakat.types import Offer

_OFFER = Offer(
    offer_id="warm-up", merchant_id="warm-up", title="A cup", image_link="https://a.example/1.jpg"
)


def warm_up(generation: Generation, clock: Clock) -> None:
    """Load category tables, parse prompts and build validators, without a database."""
    record = OfferRecord(
        catalog="warm-up", offer=from_json(Offer, to_json(_OFFER)), content_hash="",
        image_id="warm-up", active=True, updated_at=clock.now(),
    )  # fmt: skip
    for placement in tuple(generation.placements)[:1]:
        plan_id = PlanId("warm-up", "default", "warm-up", placement, "generated", AUTO)
        plan = build_plan(plan_id, record, generation)
        for candidate in plan.candidates[:1]:
            ask_of(plan, candidate, generation)
