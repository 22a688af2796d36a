"""The closed vocabularies that prompts and scenes share, and the words that name their terms."""

from __future__ import annotations

from typing import Final

CATEGORIES: Final = (
    "apparel", "footwear", "bags", "jewellery", "beauty", "electronics", "furniture",
    "home", "kitchen", "sports", "toys", "grocery", "pets", "default",
)  # fmt: skip
SURFACES: Final = (
    "marble", "wood", "concrete", "linen", "terrazzo", "sand", "stone",
    "plaster", "moss", "water", "satin", "gradient", "paper", "metal",
)  # fmt: skip
LIGHTINGS: Final = (
    "softbox", "window-blind", "foliage-shadow", "sun",
    "golden-hour", "spotlight", "overcast", "rim",
)  # fmt: skip
PALETTES: Final = (
    "beige", "white", "grey", "charcoal", "terracotta", "sage", "forest",
    "blush", "sky", "navy", "lavender", "mustard", "teal",
)  # fmt: skip

# Words that a text may use for a term, beside the term itself with and without its hyphen.
SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "wood": ("wooden",),
    "moss": ("mossy",),
    "sand": ("sandy",),
    "sun": ("sunlit", "sunlight", "sunny"),
    "rim": ("rim light", "rim of light"),
}


def words_for(term: str) -> tuple[str, ...]:
    """Every word or phrase that names a vocabulary term in a prompt's text."""
    return (term, term.replace("-", " "), *SYNONYMS.get(term, ()))
