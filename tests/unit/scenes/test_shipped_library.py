"""The scenes that ship, against what the shipped prompts ask for."""

from __future__ import annotations

from kirakat.prompts.pool import load_pools
from kirakat.scenes.gaps import find_gaps
from kirakat.scenes.library import load_scenes
from kirakat_assets import root

_SCENES = load_scenes([root() / "scenes"])


def test_prompts_find_the_surface_palette_and_light_they_ask_for() -> None:
    """If they did not, the arms of a pool would differ in their names more than in pictures."""
    gaps = find_gaps(load_pools(), _SCENES)
    # Clothes hang before plaster; linen behind them is the rail's name only.
    assert [gap.prompt.prompt_id for gap in gaps] == ["apparel-linen-morning"]


def test_every_room_says_where_its_floor_ends() -> None:
    """If one did not, the hind legs of furniture would stand on its wall."""
    rooms = [scene for scene in _SCENES if "furniture" in scene.categories]
    assert rooms
    assert all(scene.support_front == 1.0 and scene.horizon is not None for scene in rooms)
