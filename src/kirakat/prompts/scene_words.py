"""What a free text says of the scene it wants."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kirakat.prompts.vocabulary import LIGHTINGS, PALETTES, SURFACES, words_for
from kirakat.types import SceneQuery


def scene_query(text: str) -> SceneQuery:
    """The surfaces, lightings and palettes that a text names, as whole words."""
    return SceneQuery(
        surfaces=_named(SURFACES, text),
        lightings=_named(LIGHTINGS, text),
        palettes=_named(PALETTES, text),
    )


def _named(terms: Iterable[str], text: str) -> frozenset[str]:
    words = re.sub(r"[^a-z-]+", " ", text.lower())
    return frozenset(
        term
        for term in terms
        if any(re.search(rf"\b{re.escape(word)}\b", words) for word in words_for(term))
    )
