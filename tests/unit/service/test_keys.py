"""Keys, jobs and recipes are hashed quickly, with the result of `digest`."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kirakat.hashing import digest
from kirakat.store.identities import ask_key, make_ask, recipe_digest
from kirakat.types import Insets, Placement, RenderedPrompt, Treatment
from tests.support.asks import PROMPT, RECIPE, some_offer


@given(
    text=st.text(max_size=40),
    negative=st.text(max_size=10),
    image_id=st.text(max_size=20),
    treatment=st.sampled_from(["generated", "positioned", "original"]),
    width=st.integers(32, 4096),
    left=st.floats(0, 0.4) | st.just(0),
)
def test_the_quick_hashes_are_those_of_digest(
    text: str, negative: str, image_id: str, treatment: Treatment, width: int, left: float
) -> None:
    """Otherwise what is asked for is never found again."""
    placement = Placement(name="p", width=width, height=90, safe_area=Insets(left=left))
    ask = make_ask(
        offer=some_offer(), image_id=image_id,
        prompt=RenderedPrompt(prompt=PROMPT, text=text, negative=negative),
        placement=placement, treatment=treatment, recipe=RECIPE, bucket="512x512",
    )  # fmt: skip
    texts = (text, negative) if treatment == "generated" else ("", "")
    bucket = "512x512" if treatment == "generated" else ""
    made_of = ("shop", image_id, *texts)
    assert ask.key == digest("ask", *made_of, placement, treatment, RECIPE)
    assert ask.key == ask_key("shop", image_id, texts, placement, treatment, RECIPE)
    assert ask.render_id == digest("job", *made_of, bucket, treatment, RECIPE)
    assert recipe_digest(RECIPE) == digest("recipe", RECIPE)


def test_equal_placements_that_are_written_differently_keep_their_own_keys() -> None:
    """Otherwise a key depends on which of the two a process saw first."""
    whole, part = (
        Placement(name="p", width=90, height=90, safe_area=Insets(left=left)) for left in (0, 0.0)
    )
    assert whole == part
    keys = {ask_key("shop", "image", ("", ""), size, "original", RECIPE) for size in (whole, part)}
    assert len(keys) == 2
