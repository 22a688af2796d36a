"""Which scene a product's picture starts from.

Scenes that suit the product's view come first, then those that match the prompt; among equals
a rendezvous hash decides (Thaler & Ravishankar 1998), so adding a scene moves only the products
that the new scene wins and never reshuffles a catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence

from kirakat.errors import SceneError
from kirakat.hashing import digest
from kirakat.types import ProductView, Prompt, Scene, SceneQuery

_WEIGHTS = {"surface": 3, "palette": 2, "lighting": 1}
# Won by a scene made for the category.
_MADE_FOR_IT = 10
# Lost by a support that is narrower than the product: more than any match can win back.
_TOO_NARROW = 10


def choose_scenes(
    pool: Sequence[Prompt],
    scenes: Sequence[Scene],
    *,
    view: ProductView,
    category: str,
    product: str,
    width: float = 0.0,
    attempt: int = 0,
) -> dict[str, Scene]:
    """A scene for every prompt of a pool, by prompt id.

    `width` is the product's share of the canvas' width: supports that are narrower come last.

    Prompts choose in the pool's order and do not take an earlier one's scene while another
    suitable one is left, so that the pool's pictures differ. `product` is the source image's
    hash; `attempt` > 0 asks for another scene than the attempts before. Raises `SceneError`
    when the library is empty.
    """
    if not scenes:
        raise SceneError("the scene library is empty")
    fitting = suiting_scenes(scenes, view=view, category=category)
    taken: set[str] = set()
    chosen: dict[str, Scene] = {}
    for prompt in pool:
        ranked = _rank(prompt, fitting, category, product, width)
        free = [scene for scene in ranked if scene.scene_id not in taken] or ranked
        chosen[prompt.prompt_id] = free[attempt % len(free)]
        taken.add(free[0].scene_id)
    return chosen


def suiting_scenes(scenes: Sequence[Scene], *, view: ProductView, category: str) -> list[Scene]:
    """The scenes for a category in which a product of that view can be; else the nearest to it."""
    suiting = [s for s in scenes if not s.categories or category in s.categories] or list(scenes)
    return [scene for scene in suiting if view in scene.views] or suiting


def match(query: SceneQuery, scene: Scene) -> int:
    """How well a scene answers a query: the weights of what matches, plus one a shared tag."""
    asked = asked_of(query).items()
    score = sum(_WEIGHTS[name] for name, wanted in asked if getattr(scene, name) in wanted)
    return score + len(query.tags & scene.tags)


def lacking(query: SceneQuery, scene: Scene) -> tuple[str, ...]:
    """What of surface, palette and lighting a query asks for and a scene has otherwise."""
    asked = asked_of(query).items()
    return tuple(name for name, wanted in asked if wanted and getattr(scene, name) not in wanted)


def asked_of(query: SceneQuery) -> dict[str, frozenset[str]]:
    """The words that a query takes, by the scene's field; none of them means any."""
    return {"surface": query.surfaces, "palette": query.palettes, "lighting": query.lightings}


def _rank(
    prompt: Prompt, scenes: Sequence[Scene], category: str, product: str, width: float
) -> list[Scene]:
    def order(scene: Scene) -> tuple[int, str]:
        narrow = _TOO_NARROW if width > scene.support_width else 0
        draw = digest("scene", product, prompt.arm, scene.scene_id)
        own = _MADE_FOR_IT if category in scene.categories else 0
        return narrow - own - match(prompt.scene, scene), draw

    return sorted(scenes, key=order)
