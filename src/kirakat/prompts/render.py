"""Fill a prompt's template with an offer's attributes."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

from kirakat.errors import PromptError
from kirakat.prompts.template import Field, fill, template_fields
from kirakat.types import Offer, Prompt, RenderedPrompt

# Offer fields that a template may name; every other name is looked up in `attributes`.
OFFER_FIELDS = ("title", "brand", "color", "material", "product_type")

# Longest value in characters: a long title would push the scene out of the 77 tokens that
# Stable Diffusion's text encoder reads.
_MAX_LENGTH = {"title": 60}
_MAX_ATTRIBUTE_LENGTH = 30

_TAG = re.compile(r"<[^<>]*>")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+", re.IGNORECASE)
# Brackets and separators that prompt syntaxes of user interfaces read as weights or commands.
_SYNTAX = re.compile(r"[()\[\]{}<>|\\^~*_#`\"]|:\s*-?\d+(?:\.\d+)?\b")
_SPACES = re.compile(r"\s+")
_EMPTY_PARTS = re.compile(r"\s*,(?:\s*,)+")


def render_prompt(prompt: Prompt, offer: Offer) -> RenderedPrompt:
    """The prompt's text for an offer.

    Values are cleaned by `clean_value`; a field whose value is empty takes its default, and
    parts left empty between commas disappear. Raises `PromptError` when a required field has
    no usable value.
    """
    template_fields(prompt.template)

    def value_of(field: Field) -> str:
        value = clean_value(_raw_value(offer, field.name), _limit(field.name))
        if value:
            return value
        if field.default is None:
            raise PromptError(
                f"prompt {prompt.prompt_id} needs {field.name}, which offer {offer.offer_id} "
                f"does not have; give the field a default: {{{field.name}|}}",
                prompt_id=prompt.prompt_id,
                field=field.name,
                offer_id=offer.offer_id,
            )
        return field.default

    text = fill(prompt.template, value_of)
    return RenderedPrompt(prompt=prompt, text=_tidy(text), negative=_tidy(prompt.negative))


# All prompts of a pool ask for the same few values of an offer.
@lru_cache(maxsize=4096)
def clean_value(value: str, limit: int) -> str:
    """Text of a feed made safe for a prompt: one short line of plain words.

    HTML, addresses, control and private characters, and prompt-weight syntax go; what is longer
    than `limit` characters is cut at a word's end.
    """
    text = _TAG.sub(" ", html.unescape(value))
    text = _ADDRESS.sub(" ", unicodedata.normalize("NFKC", text))
    text = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in text)
    text = _SPACES.sub(" ", _SYNTAX.sub(" ", text)).strip(" ,.;:-")
    return _shorten(text, limit)


def _shorten(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    head, _, rest = text[: limit + 1].rpartition(" ")
    return (head or rest[:limit]).rstrip(" ,.;:-")


def _raw_value(offer: Offer, name: str) -> str:
    if name in OFFER_FIELDS:
        return str(getattr(offer, name))
    return offer.attributes.get(name, "")


def _limit(name: str) -> int:
    return _MAX_LENGTH.get(name, _MAX_ATTRIBUTE_LENGTH)


def _tidy(text: str) -> str:
    """Single spaces, and no empty parts between commas."""
    text = " ".join(text.split())
    if ",," in text or ", ," in text:
        text = _EMPTY_PARTS.sub(",", text)
    return text.replace(" ,", ",").strip(" ,")
