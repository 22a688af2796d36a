"""Which creatives an order asks of an offer, each with its key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kirakat.pipeline.orders import Order
from kirakat.types import (
    CreativeKey,
    Offer,
    Placement,
    Recipe,
    RenderedPrompt,
    SourceImage,
    Treatment,
)

_WITHOUT_PROMPT: tuple[Treatment, ...] = ("original", "positioned")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One creative to be made."""

    key: CreativeKey
    # None for treatments without a prompt.
    prompt: RenderedPrompt | None
    # How often the key was made before and sent back: each time another seed and scene.
    revision: int = 0

    @property
    def placement(self) -> Placement:
        """Where it will be shown."""
        return self.key.placement

    @property
    def treatment(self) -> Treatment:
        """How its background is made."""
        return self.key.treatment


def list_wanted(
    offer: Offer, image: SourceImage, prompts: Sequence[RenderedPrompt], order: Order
) -> Iterator[Wanted]:
    """Every creative of the order for one offer, placement by placement.

    An elongated placement gets no diffusion: whatever generated treatment is asked for becomes
    one `positioned` creative, a single arm.
    """
    for placement in order.placements:
        treatments = set(order.treatments)
        if placement.is_tile and "generated" in treatments:
            treatments = treatments - {"generated"} | {"positioned"}
        for treatment in _WITHOUT_PROMPT:
            if treatment in treatments:
                yield want(offer, image, None, placement, treatment, order.recipe)
        if "generated" in treatments:
            for prompt in prompts:
                yield want(offer, image, prompt, placement, "generated", order.recipe)


def want(
    offer: Offer,
    image: SourceImage,
    prompt: RenderedPrompt | None,
    placement: Placement,
    treatment: Treatment,
    recipe: Recipe,
    *,
    revision: int = 0,
) -> Wanted:
    """One creative of an offer whose photo is `image`."""
    key = CreativeKey(
        merchant_id=offer.merchant_id,
        source_sha256=image.sha256,
        prompt_text=prompt.text if prompt else "",
        prompt_negative=prompt.negative if prompt else "",
        placement=placement,
        treatment=treatment,
        recipe=recipe,
    )
    return Wanted(key=key, prompt=prompt, revision=revision)
