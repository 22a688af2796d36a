"""The plan counts what the engine will really queue."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kirakat.cost.count_work import Wishes, WorkCounts, count_work
from kirakat.imaging.placements import load_placements, parse_placements
from kirakat.pipeline.orders import Order
from kirakat.pipeline.recipes import default_recipe
from kirakat.prompts.pool import load_pools
from kirakat.service.generation import Generation
from kirakat.types import ModelInfo, Offer, Treatment
from tests.support.asks import some_offer

POOLS = load_pools()
PLACEMENTS = parse_placements("1080x1080,1200x628,1200x675,300x600,728x90", load_placements(None))
WISHES = Wishes(
    placements=PLACEMENTS,
    treatments=frozenset({"positioned", "generated"}),
    prompts=2,
    native_size=512,
)


def _offers(images: list[int], titles: list[str]) -> list[Offer]:
    return [
        replace(
            some_offer(number),
            image_link=f"https://shop.example/{image}.jpg",
            title=titles[number % len(titles)],
        )
        for number, image in enumerate(images)
    ]


def _queued(offers: list[Offer], wishes: Wishes) -> tuple[int, int]:
    """Renders and creatives that `kirakat run --engine` would ask for."""
    from kirakat.cli.enqueue_feed import _asks_of

    info = ModelInfo(name="m", revision="1", licence="", native_size=wishes.native_size)
    order = Order(
        placements=wishes.placements,
        treatments=wishes.treatments,
        prompts_per_offer=wishes.prompts,
        recipe=default_recipe("tiny", info, segmenter=info),
    )
    generation = Generation(
        recipe=order.recipe,
        native_size=wishes.native_size,
        pools=POOLS,
        placements={placement.name: placement for placement in wishes.placements},
    )
    asks = [ask for offer in offers for ask in _asks_of(offer, offer.image_link, order, generation)]
    drawn = {ask.render_id for ask in asks if ask.treatment == "generated"}
    return len(drawn), len({ask.key for ask in asks})


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=6),
    st.lists(st.sampled_from(["Oak lamp", "Red shoe", "Perfume"]), min_size=1, max_size=3),
    st.sets(st.sampled_from(get_args(Treatment)), min_size=1),
    st.integers(1, 4),
)
def test_counts_are_what_the_engine_queues(
    images: list[int], titles: list[str], treatments: set[Treatment], prompts: int
) -> None:
    """If they were not, the price would be that of other work."""
    offers = _offers(images, titles)
    wishes = replace(WISHES, treatments=frozenset(treatments), prompts=prompts)
    counts = count_work(offers, POOLS, wishes)
    assert (counts.renders, counts.finished) == _queued(offers, wishes)


def _count(offers: list[Offer]) -> WorkCounts:
    return count_work(offers, POOLS, WISHES)


def test_variants_share_their_image() -> None:
    """If they did not, a shoe in twelve sizes would be planned as twelve shoes."""
    counts = _count(_offers([1] * 12, ["Red shoe"]))
    assert (counts.offers, counts.images) == (12, 1)
    assert counts.renders_unshared == 12 * counts.renders


def test_grouping_never_adds_renders() -> None:
    """If it did, the saving in the table would be a loss."""
    counts = _count(_offers([1, 2, 3], ["Red shoe"]))
    assert counts.renders < counts.renders_ungrouped


def test_a_feed_of_tiles_needs_no_render() -> None:
    """If it did, elongated placements would be planned for a generator that never sees them."""
    tiles = replace(WISHES, placements=PLACEMENTS[-1:])
    counts = count_work(_offers([1, 2], ["Red shoe"]), POOLS, tiles)
    assert counts.renders == 0
    assert counts.creatives == {"positioned": 2, "generated": 0}


@pytest.mark.parametrize("prompts", [1, 5])
def test_more_prompts_are_more_renders(prompts: int) -> None:
    """If they were not, --prompts-per-offer would change nothing."""
    counts = count_work(_offers([1], ["Red shoe"]), POOLS, replace(WISHES, prompts=prompts))
    assert counts.creatives["generated"] == prompts * 4
