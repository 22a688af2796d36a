"""Prompt texts from offers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirakat.errors import PromptError
from kirakat.prompts.render import clean_value, render_prompt
from kirakat.types import Offer, Prompt


def offer(**fields: Any) -> Offer:
    """An offer that has what every offer has."""
    return Offer(
        **{"offer_id": "1", "merchant_id": "m", "title": "Mug", "image_link": "m", **fields}
    )


def prompt(template: str, negative: str = "people") -> Prompt:
    """A prompt with that template."""
    return Prompt(
        prompt_id="kitchen-x", version=1, category="kitchen", template=template,
        negative=negative, tags=(), why="",
    )  # fmt: skip


def render(template: str, **fields: Any) -> str:
    """The text of a template for an offer."""
    return render_prompt(prompt(template), offer(**fields)).text


def test_fields_are_filled() -> None:
    """The model would be told to draw "{title}"."""
    text = render("{title}, {color}, {pattern}", color="blue", attributes={"pattern": "striped"})
    assert text == "Mug, blue, striped"


def test_default_stands_in() -> None:
    """Offers without a material would have no picture."""
    assert render("{title}, {material|oak} table") == "Mug, oak table"


def test_empty_default_leaves_no_gap() -> None:
    """Texts would hold empty parts, which cost tokens."""
    assert render("{title}, {material|}, {color|}, on {pattern|} wood") == "Mug, on wood"


def test_missing_field_is_an_error() -> None:
    """A prompt would be rendered with a hole in it."""
    with pytest.raises(PromptError, match="needs material, which offer 1") as caught:
        render("{title}, {material}")
    assert caught.value.data["field"] == "material"


def test_title_that_cleans_to_nothing_is_an_error() -> None:
    """The background would be drawn for nothing."""
    with pytest.raises(PromptError, match="needs title"):
        render("{title}", title="<b></b> https://x.example")


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        ("<b>Mug</b> &amp; saucer", "Mug & saucer"),
        ("Mug\n(best:1.4) [blue] {x|y}", "Mug best blue x y"),
        ("Mug see https://shop.example/?a=1 now", "Mug see now"),
        ("Mug, write to sales@shop.example", "Mug, write to"),
        ("Mug\x00\x1b[31m red\u202e", "Mug 31m red"),
        ("\uff2d\uff35\uff27", "MUG"),
        ("Mug 0.5 l, 12:30 edition", "Mug 0.5 l, 12 edition"),
        ("word " * 30, "word word word word word word word word word word word word"),
        ("x" * 100, "x" * 60),
    ],
)
def test_values_are_cleaned(value: str, clean: str) -> None:
    """A feed's text could steer the model, or push the scene out of the prompt."""
    assert clean_value(value, 60) == clean


@given(title=st.text(), material=st.text(), default=st.sampled_from(["", "oak", "raw steel"]))
def test_rendering_leaves_no_braces(title: str, material: str, default: str) -> None:
    """Some title would break out of its field."""
    template = f"{{title|thing}}, {{material|{default}}}, on marble"
    text = render(template, title=title, material=material)
    assert not set("{}()[]<>|\\\n\r\t\x00") & set(text)
    assert text.endswith("on marble")
    assert ",," not in text
    assert len(text) <= 60 + 30 + 20


@given(value=st.text(max_size=300))
def test_cleaning_is_done_once(value: str) -> None:
    """The same text would give two prompts, and so two renders."""
    once = clean_value(value, 60)
    assert len(once) <= 60
    assert once == once.strip()


def test_negative_text_is_kept() -> None:
    """What must not be drawn would be."""
    assert render_prompt(prompt("{title}", "people, text"), offer()).negative == "people, text"
