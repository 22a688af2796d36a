"""Claims of renders without a database."""

from __future__ import annotations

from dataclasses import replace

from kirakat.engine.worker.renderer import Claim
from kirakat.store.records import Ask, CreativeRecord, RenderRecord
from kirakat.types import Placement
from tests.support.asks import NOW, SMALL, SQUARE, some_ask


def make_claim(
    number: int,
    *,
    title: str | None = None,
    placements: tuple[Placement, ...] = (SQUARE, SMALL),
    attempts: int = 1,
) -> Claim:
    """The claim of the offer of that number under ticket `t<number>`."""
    asks = [some_ask(number, placement=placement) for placement in placements]
    first = some_ask(number)
    offer = first.offer if title is None else replace(first.offer, title=title)
    render = RenderRecord(
        render_id=first.render_id, merchant_id=first.merchant_id, image_id=first.image_id,
        treatment=first.treatment, bucket=first.bucket, recipe_digest=first.recipe_digest,
        offer=offer, prompt=first.prompt, recipe=first.recipe, lane="online", asked=1,
        state="running", round=0, attempts=attempts, draw=0, ticket=f"t{number}",
        executor_id="e1", next_at=NOW, error="", created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    return Claim(ticket=f"t{number}", render=render, keys=tuple(_key(ask) for ask in asks))


def _key(ask: Ask) -> CreativeRecord:
    return CreativeRecord(
        key=ask.key, merchant_id=ask.merchant_id, render_id=ask.render_id,
        offer_id=ask.offer.offer_id, image_id=ask.image_id, arm=ask.arm,
        placement=ask.placement, treatment=ask.treatment, recipe_label=ask.recipe.label,
        state="rendering", revision=0, reason="", sha256=None, format=None, bytes=None,
        width=None, height=None, certificate=None, gate=None, attempt=0, requested_at=NOW,
        ready_at=None, updated_at=NOW,
    )  # fmt: skip
