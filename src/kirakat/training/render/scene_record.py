"""Short constructors for the library's scene records."""

from __future__ import annotations

from typing import Any

from kirakat.training.render.light import Key
from kirakat.training.render.scene_spec import SceneSpec


def key(azimuth: float, elevation: float, softness: float, temperature: str = "neutral") -> Key:
    """Key light from azimuth, elevation (degrees), softness and temperature."""
    return Key(azimuth=azimuth, elevation=elevation, softness=softness, temperature=temperature)


def scene(
    scene_id: str,
    setting: str,
    surface: str,
    lighting: str,
    palette: str,
    key: Key,
    seed: int,
    **more: Any,
) -> SceneSpec:
    """Scene record with its leading fields by position; the rest as in SceneSpec."""
    return SceneSpec(
        scene_id=scene_id,
        setting=setting,
        surface=surface,
        lighting=lighting,
        palette=palette,
        key=key,
        seed=seed,
        **more,
    )
