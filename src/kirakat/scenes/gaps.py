"""What prompts ask for and no scene has: which photographs a library of one's own should add."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kirakat.errors import SceneError
from kirakat.imaging.geometry import usual_views
from kirakat.scenes.choose import lacking, match, suiting_scenes
from kirakat.types import ProductView, Prompt, Scene


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A prompt that no scene answers in full, for products that are seen in one way."""

    prompt: Prompt
    view: ProductView
    # The scene that answers most of it.
    nearest: Scene
    # Of surface, palette and lighting what that scene has otherwise.
    lacking: tuple[str, ...]


def find_gaps(prompts: Iterable[Prompt], scenes: Sequence[Scene]) -> list[Gap]:
    """A gap for every prompt and usual view of its category without a scene that has it all.

    Raises `SceneError` when there are no scenes.
    """
    if not scenes:
        raise SceneError("the scene library is empty")
    gaps = []
    for prompt in prompts:
        for view in usual_views(prompt.category):
            nearest = _nearest(prompt, suiting_scenes(scenes, view=view, category=prompt.category))
            missing = lacking(prompt.scene, nearest)
            if missing:
                gaps.append(Gap(prompt=prompt, view=view, nearest=nearest, lacking=missing))
    return gaps


def _nearest(prompt: Prompt, scenes: Sequence[Scene]) -> Scene:
    def order(scene: Scene) -> tuple[int, int, str]:
        query = prompt.scene
        return len(lacking(query, scene)), -match(query, scene), scene.scene_id

    return min(scenes, key=order)
