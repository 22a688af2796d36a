"""Keys of many prompts of one offer and placement, hashed a hundred times as fast.

`store.identities.make_ask` turns placement and recipe into canonical JSON for every key. Here
that text is written once; a test holds the results against `make_ask`.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache

# The canonical form of `digest`, whose pieces are hashed here.
from kirakat.hashing import plain
from kirakat.types import Placement, Recipe, Treatment


def ask_key(
    merchant_id: str,
    image_id: str,
    texts: tuple[str, str],
    placement: Placement,
    treatment: Treatment,
    recipe: Recipe,
) -> str:
    """The key that `make_ask` gives; `texts` are the prompt's text and negative text."""
    parts = ("ask", merchant_id, image_id, *texts)
    head = ",".join(map(_quoted, parts))
    text = f"[{head},{_placement_text(placement)},{_quoted(treatment)},{_recipe_text(recipe)}]"
    return hashlib.sha256(text.encode()).hexdigest()


_quoted = json.dumps


@lru_cache(maxsize=4096)
def _placement_text(placement: Placement) -> str:
    return _canonical(placement)


@lru_cache(maxsize=64)
def _recipe_text(recipe: Recipe) -> str:
    return _canonical(recipe)


def _canonical(record: object) -> str:
    return json.dumps(plain(record), sort_keys=True, separators=(",", ":"))
