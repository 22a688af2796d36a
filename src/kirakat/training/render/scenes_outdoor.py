"""Library scenes out of doors: water, snow, moss and a garden table."""

from __future__ import annotations

from typing import Final

from kirakat.training.render.scene_record import key, scene
from kirakat.training.render.scene_spec import SceneSpec

OUTDOOR: Final[tuple[SceneSpec, ...]] = (
    scene(
        "pool-sun-sky-01",
        "pool",
        "water",
        "sun",
        "sky",
        key(303, 44, 0.03, "warm"),
        111,
        props=("palm",),
        camera_elevation=16.0,
        tags=("water", "beauty", "summer"),
    ),
    scene(
        "snow-stone-01",
        "snowy",
        "stone",
        "overcast",
        "white",
        key(318, 40, 0.4, "cool"),
        112,
        camera_elevation=12.0,
        aperture=0.75,
        brightness=1.13,
        tags=("outdoor", "snow", "winter", "slab"),
    ),
    scene(
        "moss-leaves-sage-01",
        "mossy",
        "moss",
        "foliage-shadow",
        "sage",
        key(300, 46, 0.05, "warm"),
        113,
        camera_elevation=15.0,
        aperture=0.45,
        brightness=1.35,
        tags=("outdoor", "grass", "stone", "garden"),
    ),
    scene(
        "wood-tabletop-garden-01",
        "terrace",
        "wood",
        "sun",
        "forest",
        key(312, 46, 0.08, "warm"),
        53,
        props=("sun-flecks",),
        camera_elevation=10.0,
        aperture=0.6,
        brightness=1.25,
        tags=("tabletop", "bokeh", "garden"),
    ),
)
