"""The scenes that ship, against what the shipped prompts ask for."""

from __future__ import annotations

import pytest

from kirakat.prompts.pool import load_pools
from kirakat.scenes.choose import suiting_scenes
from kirakat.scenes.library import load_scenes
from kirakat.types import ProductView, Prompt, Scene
from kirakat_assets import root

_SCENES = load_scenes([root() / "scenes"])
# How products of a category are photographed, where it is one way only.
_ONE_VIEW: dict[str, tuple[ProductView, ...]] = {
    "apparel": ("hanging",),
    "furniture": ("standing",),
}
# Prompts of a view that no scene answers in full.
_LEFT = {"standing": 2, "lying": 1, "hanging": 1}


@pytest.mark.parametrize("view", ["standing", "lying", "hanging"])
def test_prompts_find_the_surface_palette_and_light_they_ask_for(view: ProductView) -> None:
    """If they did not, the arms of a pool would differ in their names more than in pictures."""
    missed = [
        prompt.prompt_id
        for category, pool in load_pools().by_category.items()
        for prompt in pool
        if view in _ONE_VIEW.get(category, ("standing", "lying"))
        and not any(
            _answers(scene, prompt)
            for scene in suiting_scenes(_SCENES, view=view, category=category)
        )
    ]
    assert len(missed) <= _LEFT[view], missed


def test_every_room_says_where_its_floor_ends() -> None:
    """If one did not, the hind legs of furniture would stand on its wall."""
    rooms = [scene for scene in _SCENES if "furniture" in scene.categories]
    assert rooms
    assert all(scene.support_front == 1.0 and scene.horizon is not None for scene in rooms)


def _answers(scene: Scene, prompt: Prompt) -> bool:
    asked = prompt.scene
    return (
        (not asked.surfaces or scene.surface in asked.surfaces)
        and (not asked.palettes or scene.palette in asked.palettes)
        and (not asked.lightings or scene.lighting in asked.lightings)
    )
