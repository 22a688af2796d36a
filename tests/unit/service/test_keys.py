"""Keys that are hashed quickly are the store's own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kirakat.service.key_texts import ask_key
from kirakat.store.identities import make_ask
from kirakat.types import Insets, Placement, RenderedPrompt
from tests.support.asks import PROMPT, RECIPE, some_offer


@given(
    text=st.text(max_size=40),
    negative=st.text(max_size=10),
    image_id=st.text(max_size=20),
    treatment=st.sampled_from(["generated", "positioned", "original"]),
    width=st.integers(32, 4096),
    left=st.floats(0, 0.4),
)
def test_the_quick_key_is_the_stores_key(
    text: str, negative: str, image_id: str, treatment: str, width: int, left: float
) -> None:
    """Otherwise what is asked for is never found again."""
    placement = Placement(name="p", width=width, height=90, safe_area=Insets(left=left))
    ask = make_ask(
        offer=some_offer(), image_id=image_id,
        prompt=RenderedPrompt(prompt=PROMPT, text=text, negative=negative),
        placement=placement, treatment=treatment, recipe=RECIPE, bucket="512x512",  # type: ignore[arg-type]
    )  # fmt: skip
    texts = (text, negative) if treatment == "generated" else ("", "")
    quick = ask_key("shop", image_id, texts, placement, treatment, RECIPE)  # type: ignore[arg-type]
    assert quick == ask.key
