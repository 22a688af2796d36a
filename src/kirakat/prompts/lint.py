"""Find what is wrong with prompt pools before it costs renders."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from kirakat.prompts.pool import FALLBACK, Pools
from kirakat.prompts.render import OFFER_FIELDS
from kirakat.prompts.template import fill, template_fields
from kirakat.prompts.vocabulary import CATEGORIES, LIGHTINGS, PALETTES, SURFACES, words_for
from kirakat.types import Prompt

Level = Literal["error", "warning"]
CountTokens = Callable[[str], int]

# What CLIP's text encoder reads, start and end marks included (Radford et al. 2021).
CLIP_TOKENS = 77
# Fewer leave the bandit too little to choose from.
MIN_PROMPTS = 4
# Attributes of Google's product data specification that templates may name with a default.
KNOWN_ATTRIBUTES = frozenset(
    {"age_group", "condition", "gender", "pattern", "product_view", "size", "style"}
)
# Values of typical length, for the estimate of a rendered text's tokens.
_SAMPLES = {"title": "Hand Thrown Stoneware Coffee Mug with Speckled Glaze 350 ml"}
_SAMPLE = "brushed stainless steel"

# Words that a background's text must not hold, by what they bring into the picture.
_FORBIDDEN: dict[str, tuple[str, ...]] = {
    "claims something about the product": (
        "best", "cheap", "cheapest", "discount", "free", "guaranteed", "no 1", "number one",
        "official", "original", "perfect", "sale", "top rated", "ultimate", "winner",
    ),
    "brings people into the picture": (
        "baby", "boy", "child", "children", "face", "girl", "hand", "hands", "human", "kid",
        "man", "men", "people", "person", "woman", "women", "model wearing", "portrait",
    ),
    "brings writing into the picture": (
        "caption", "letters", "lettering", "logo", "quote", "signage", "slogan", "text",
        "typography", "watermark", "words",
    ),
    "names a brand": (
        "adidas", "chanel", "coca-cola", "disney", "gucci", "ikea", "iphone", "lego", "nike",
        "prada", "rolex", "samsung", "sony", "starbucks", "vogue",
    ),
    "imitates an artist": ("artstation", "in the style of"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong with a pool or prompt."""

    level: Level
    pool: str
    # Empty when it concerns the whole pool.
    prompt_id: str
    message: str


def lint_pools(pools: Pools, count_tokens: CountTokens | None = None) -> list[Finding]:
    """Everything wrong with the pools, in their order.

    `count_tokens` gives a text's exact number of tokens, start and end marks included; without
    it the number is estimated from above.
    """
    count = count_tokens or estimate_tokens
    findings = list(_lint_ids(pools))
    for category, prompts in pools.by_category.items():
        findings += _lint_pool(category, prompts)
        for prompt in prompts:
            findings += [
                Finding(level=level, pool=category, prompt_id=prompt.prompt_id, message=message)
                for check in (_fields, _lengths(count), _words, _vocabulary, _says_its_scene)
                for level, message in check(prompt)
            ]
    return findings


def estimate_tokens(text: str) -> int:
    """CLIP tokens of a text, rather too many than too few: 1.3 a word, 1 a mark, 2 for the ends."""
    words = len(re.findall(r"\w+", text))
    marks = len(re.findall(r"[^\w\s]", text))
    return int(words * 1.3 + marks + 2 + 0.999)


Problems = Iterator[tuple[Level, str]]


def _lint_ids(pools: Pools) -> Iterator[Finding]:
    counts = Counter(prompt.prompt_id for prompt in pools)
    for prompt_id, count in counts.items():
        if count > 1:
            category = pools.prompt(prompt_id).category
            message = f"the id is used {count} times; ids are unique over all pools"
            yield Finding(level="error", pool=category, prompt_id=prompt_id, message=message)
    if FALLBACK not in pools.categories:
        message = f"there is no pool {FALLBACK}; offers of other categories have no prompts"
        yield Finding(level="error", pool=FALLBACK, prompt_id="", message=message)


def _lint_pool(category: str, prompts: tuple[Prompt, ...]) -> Iterator[Finding]:
    if category not in CATEGORIES:
        message = f"no offer is ever mapped to it unless its product type is named {category}"
        yield Finding(level="warning", pool=category, prompt_id="", message=message)
    if len(prompts) < MIN_PROMPTS:
        message = f"{len(prompts)} prompts; {MIN_PROMPTS} leave something to choose and to learn"
        yield Finding(level="warning", pool=category, prompt_id="", message=message)
    for first, second in combinations(prompts, 2):
        if _look_alike(first, second):
            message = f"looks like {first.prompt_id}: a scene could serve both"
            yield Finding(level="error", pool=category, prompt_id=second.prompt_id, message=message)


def _look_alike(first: Prompt, second: Prompt) -> bool:
    """Whether one scene could answer both in surface, lighting and palette; or the same text."""
    if first.template == second.template:
        return True
    a, b = first.scene, second.scene
    pairs = ((a.surfaces, b.surfaces), (a.lightings, b.lightings), (a.palettes, b.palettes))
    return all(not one or not other or one & other for one, other in pairs)


def _fields(prompt: Prompt) -> Problems:
    for field in template_fields(prompt.template):
        if field.name == "brand":
            yield "error", "names the brand, which would be drawn as a logo"
        elif field.name in OFFER_FIELDS or field.name in KNOWN_ATTRIBUTES:
            if field.default is None and field.name != "title":
                yield "error", f"{{{field.name}}} needs a default: many offers do not have it"
        elif field.default is None:
            yield "error", f"unknown field {{{field.name}}} without a default"
        else:
            yield "warning", f"{{{field.name}}} is filled only by feeds with that column"
    if "{title}" not in prompt.template:
        yield "warning", "the title is missing: the model is not told what the product is"


def _lengths(count: CountTokens) -> Callable[[Prompt], Problems]:
    def check(prompt: Prompt) -> Problems:
        text = fill(prompt.template, lambda field: _SAMPLES.get(field.name, _SAMPLE))
        for name, value in (("text", text), ("negative text", prompt.negative)):
            tokens = count(value)
            if tokens > CLIP_TOKENS:
                message = f"the {name} takes about {tokens} tokens; CLIP reads {CLIP_TOKENS}"
                yield "error", message

    return check


def _words(prompt: Prompt) -> Problems:
    for reason, words in _FORBIDDEN.items():
        for word in words:
            if _holds(prompt.template, word):
                yield "error", f'"{word}" {reason}'


def _vocabulary(prompt: Prompt) -> Problems:
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", prompt.prompt_id):
        yield "error", "the id is not lower-case words joined by hyphens"
    if not prompt.prompt_id.startswith(f"{prompt.category}-"):
        yield "error", f"the id does not start with {prompt.category}-"
    for name, used, vocabulary in _scene_terms(prompt):
        unknown = sorted(used - set(vocabulary))
        if unknown:
            known = ", ".join(vocabulary)
            yield "error", f"unknown {name} {', '.join(unknown)}; known: {known}"
        if not used:
            yield "warning", f"no {name} chosen: any scene will do"
        elif len(used) > 3:
            yield "warning", f"{len(used)} {name}s: the prompt has no look of its own"


def _says_its_scene(prompt: Prompt) -> Problems:
    for name, used, _ in _scene_terms(prompt):
        words = [word for term in used for word in words_for(term)]
        if words and not any(_holds(prompt.template, word) for word in words):
            yield "error", f"the text names none of its {name}s: {', '.join(sorted(used))}"


def _scene_terms(prompt: Prompt) -> tuple[tuple[str, frozenset[str], tuple[str, ...]], ...]:
    return (
        ("surface", prompt.scene.surfaces, SURFACES),
        ("lighting", prompt.scene.lightings, LIGHTINGS),
        ("palette", prompt.scene.palettes, PALETTES),
    )


def _holds(text: str, word: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) is not None
