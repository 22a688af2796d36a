"""Library scenes for furniture: rooms seen from eye height."""

from __future__ import annotations

from typing import Any, Final

from kirakat.training.render.scene_record import key, scene
from kirakat.training.render.scene_spec import SceneSpec


def _room(*args: Any, **more: Any) -> SceneSpec:
    options: dict[str, Any] = {
        "camera_elevation": 10.0,
        "frame": 20.0,
        "support_at": (0.5, 0.8),
        "aperture": 0.12,
        "categories": ("furniture",),
    }
    return scene(*args, **(options | more))


ROOMS: Final[tuple[SceneSpec, ...]] = (
    _room(
        "room-oak-window-01",
        "bright-room",
        "wood",
        "window-blind",
        "beige",
        key(300, 33, 0.05, "warm"),
        71,
        props=("panes", "branches"),
        tags=("interior", "furniture", "window"),
    ),
    _room(
        "loft-concrete-01",
        "loft",
        "concrete",
        "overcast",
        "grey",
        key(305, 42, 0.5, "cool"),
        72,
        props=("potted",),
        tags=("interior", "furniture", "urban"),
    ),
    _room(
        "villa-terracotta-01",
        "villa",
        "plaster",
        "golden-hour",
        "terracotta",
        key(298, 26, 0.03, "warm"),
        73,
        props=("panes", "branches"),
        tags=("interior", "furniture", "niche"),
    ),
    _room(
        "garden-room-sage-01",
        "board-room",
        "wood",
        "foliage-shadow",
        "sage",
        key(303, 36, 0.06, "warm"),
        78,
        props=("potted",),
        tags=("interior", "furniture", "garden"),
    ),
    _room(
        "salon-teal-01",
        "parlour",
        "plaster",
        "spotlight",
        "teal",
        key(325, 48, 0.35, "warm"),
        75,
        props=("rug",),
        tags=("interior", "furniture", "evening"),
    ),
    _room(
        "room-scandi-white-01",
        "bright-room",
        "wood",
        "softbox",
        "white",
        key(300, 40, 0.4),
        76,
        props=("drape", "round-rug", "potted"),
        tags=("interior", "furniture", "bright"),
    ),
)
