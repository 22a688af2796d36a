"""What an order asks of an offer."""

from __future__ import annotations

import numpy as np
import pytest

from kirakat.pipeline.orders import Order
from kirakat.pipeline.original import fit_whole
from kirakat.pipeline.wanted import list_wanted
from kirakat.types import Offer, Placement, Prompt, Recipe, RenderedPrompt, SourceImage, Treatment

_OFFER = Offer(offer_id="1", merchant_id="m", title="Mug", image_link="mug.jpg")
_IMAGE = SourceImage(
    pixels=np.zeros((64, 64, 3), np.uint8), alpha=None, sha256="0" * 64, uri="mug.jpg"
)
_SQUARE = Placement(name="square", width=300, height=300)
_BANNER = Placement(name="banner", width=728, height=90)


def _prompts(count: int) -> list[RenderedPrompt]:
    return [
        RenderedPrompt(
            prompt=Prompt(
                prompt_id=f"p{n}",
                version=1,
                category="default",
                template="",
                negative="",
                tags=(),
                why="",
            ),
            text=f"text {n}",
            negative="",
        )
        for n in range(count)
    ]


def _order(*treatments: Treatment) -> Order:
    return Order(
        placements=(_SQUARE, _BANNER),
        treatments=frozenset(treatments),
        prompts_per_offer=3,
        recipe=Recipe(name="r", version=1, pipeline_version=1, generator="tiny"),
    )


def test_an_elongated_placement_has_one_arm() -> None:
    """If it had one a prompt, the bandit would choose among equal pictures."""
    wanted = list(list_wanted(_OFFER, _IMAGE, _prompts(3), _order("generated")))
    banner = [item for item in wanted if item.placement is _BANNER]
    assert [(item.treatment, item.prompt) for item in banner] == [("positioned", None)]


def test_every_creative_has_a_key_of_its_own() -> None:
    """If two shared one, one of them would never be made."""
    order = _order("original", "positioned", "generated")
    wanted = list(list_wanted(_OFFER, _IMAGE, _prompts(3), order))
    assert len({item.key.digest for item in wanted}) == len(wanted) == 7


@pytest.mark.parametrize(("width", "height"), [(300, 100), (100, 300), (200, 200)])
def test_an_original_is_shown_whole_on_the_colour_of_its_border(width: int, height: int) -> None:
    """If it were cropped, the fallback would cut products in two."""
    photo = np.full((80, 120, 3), (200, 180, 160), np.uint8)
    photo[30:50, 50:70] = (10, 20, 30)
    fitted = fit_whole(photo, width, height)
    assert fitted.shape == (height, width, 3)
    assert tuple(fitted[0, 0]) == (200, 180, 160)
    dark = (fitted.astype(int).sum(-1) < 200).sum()
    assert dark == pytest.approx(400 * min(width / 120, height / 80) ** 2, rel=0.2)
