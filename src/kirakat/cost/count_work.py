"""How much work a feed is: pictures to mask, to draw, to finish, as the engine groups them.

Counted offer by offer; of a million offers only hashes of 8 bytes are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kirakat.errors import PromptError
from kirakat.imaging.buckets import assign_buckets
from kirakat.prompts.category import category_of
from kirakat.prompts.pool import Pools
from kirakat.prompts.render import render_prompt
from kirakat.types import Offer, Placement, Prompt, RenderedPrompt, Treatment


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is wanted of every offer."""

    placements: tuple[Placement, ...]
    treatments: frozenset[Treatment]
    # Prompts of the category's pool that are used, from its first.
    prompts: int
    # Long side in pixels at which the generator draws.
    native_size: int


@dataclass(frozen=True, kw_only=True)
class WorkCounts:
    """Work with every cache and grouping, and without each of them."""

    offers: int
    # Different addresses; variants often share one.
    images: int
    # Pictures that are masked: images, or one for each offer if images were not shared.
    masks_unshared: int
    # Generated pictures: one for an image, a rendered prompt and a bucket.
    renders: int
    # The same if every placement had a render of its own.
    renders_ungrouped: int
    # The same if offers that share an image did not share its renders.
    renders_unshared: int
    # Finished images by treatment.
    creatives: dict[Treatment, int] = field(default_factory=dict)
    # Offers whose category has no prompt that suits them.
    without_prompt: int = 0

    @property
    def finished(self) -> int:
        """All finished images."""
        return sum(self.creatives.values())


def count_work(offers: Iterable[Offer], pools: Pools, wishes: Wishes) -> WorkCounts:
    """Count, reading the offers once. Prompts that lack an attribute of an offer are left out."""
    buckets = assign_buckets(wishes.placements, native_size=wishes.native_size)
    drawn = sum(len(served) for served in buckets.values())
    tally = _Tally()
    for offer in offers:
        tally.add(offer, _texts(offer, pools, wishes) if drawn else ())
    plain = _plain_placements(wishes)
    creatives: dict[Treatment, int] = {name: len(tally.images) * n for name, n in plain.items()}
    if "generated" in wishes.treatments:
        creatives["generated"] = len(tally.drawn) * drawn
    return WorkCounts(
        offers=tally.offers,
        images=len(tally.images),
        masks_unshared=tally.offers,
        renders=len(tally.drawn) * len(buckets),
        renders_ungrouped=len(tally.drawn) * drawn,
        renders_unshared=tally.asked * len(buckets),
        creatives=creatives,
        without_prompt=tally.without_prompt,
    )


@dataclass
class _Tally:
    offers: int = 0
    asked: int = 0
    without_prompt: int = 0
    images: set[int] = field(default_factory=set)
    # Image and text, whatever the bucket and placement.
    drawn: set[int] = field(default_factory=set)

    def add(self, offer: Offer, texts: Sequence[str]) -> None:
        self.offers += 1
        self.images.add(hash(offer.image_link))
        self.asked += len(texts)
        self.drawn.update(hash((offer.image_link, text)) for text in texts)
        self.without_prompt += not texts


def _plain_placements(wishes: Wishes) -> dict[Treatment, int]:
    """Placements that show the original or a positioned product: all elongated ones do."""
    counts: dict[Treatment, int] = {}
    for placement in wishes.placements:
        wanted = set(wishes.treatments)
        if placement.is_tile and "generated" in wanted:
            wanted |= {"positioned"}
        for treatment in wanted - {"generated"}:
            counts[treatment] = counts.get(treatment, 0) + 1
    return counts


def _texts(offer: Offer, pools: Pools, wishes: Wishes) -> list[str]:
    if "generated" not in wishes.treatments:
        return []
    pool = pools.for_category(category_of(offer, pools.categories).category)
    rendered = (_rendered(offer, prompt) for prompt in pool[: wishes.prompts])
    return [f"{one.text}\n{one.negative}" for one in rendered if one is not None]


def _rendered(offer: Offer, prompt: Prompt) -> RenderedPrompt | None:
    try:
        return render_prompt(prompt, offer)
    except PromptError:
        return None
