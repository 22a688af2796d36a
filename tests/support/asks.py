"""Offers, prompts and asks for tests of the serving half."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kirakat.store.claim_company import claim_renders
from kirakat.store.database import Database
from kirakat.store.identities import image_id_of, make_ask
from kirakat.store.merchants import put_merchant
from kirakat.store.records import Ask, Finished, RenderRecord
from kirakat.types import Offer, Placement, Prompt, Recipe, RenderedPrompt, Treatment

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SHOP = "shop"
RECIPE = Recipe(name="test", version=1, pipeline_version=1, generator="tiny")
SQUARE = Placement(name="square", width=1080, height=1080)
SMALL = Placement(name="small", width=300, height=300)
PROMPT = Prompt(
    prompt_id="marble", version=2, category="default", template="{title} on marble",
    negative="text", tags=("stone",), why="calm",
)  # fmt: skip


def later(seconds: float) -> datetime:
    """So many seconds after NOW."""
    return NOW + timedelta(seconds=seconds)


def some_offer(number: int = 0, *, merchant_id: str = SHOP) -> Offer:
    """An offer with its own image."""
    return Offer(
        offer_id=f"offer-{number}",
        merchant_id=merchant_id,
        title=f"Vase {number}",
        image_link=f"https://shop.example/{number}.jpg",
        attributes={"size": "L"},
    )


def some_ask(
    number: int = 0,
    *,
    placement: Placement = SQUARE,
    treatment: Treatment = "generated",
    merchant_id: str = SHOP,
) -> Ask:
    """An ask for the offer of that number; placements share its render."""
    offer = some_offer(number, merchant_id=merchant_id)
    return make_ask(
        offer=offer,
        image_id=image_id_of(merchant_id, offer.image_link, 0),
        prompt=RenderedPrompt(prompt=PROMPT, text=f"{offer.title} on marble", negative="text"),
        placement=placement,
        treatment=treatment,
        recipe=RECIPE,
        bucket="512x512",
    )


def some_image(name: str = "a") -> Finished:
    """The facts of a finished image."""
    return Finished(
        sha256=(name * 64)[:64],
        format="jpeg",
        bytes=1000,
        width=1080,
        height=1080,
        certificate={"product_difference": 0, "encoded_psnr": None},
        gate={"verdict": "pass", "defects": [], "reasons": []},
        attempt=0,
    )


def enter_shop(database: Database, merchant_id: str = SHOP) -> None:
    """Create the merchant of the asks."""
    with database.writing() as connection:
        put_merchant(connection, merchant_id, now=NOW)


def claim(database: Database, ticket: str = "t1", executor: str = "e1") -> RenderRecord | None:
    """Claim the most urgent render, an hour from NOW."""
    with database.writing() as connection:
        claimed = claim_renders(connection, tickets=[ticket], executor_id=executor, now=later(3600))
    return claimed[0] if claimed else None
