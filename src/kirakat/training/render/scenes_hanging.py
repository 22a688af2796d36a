"""Library scenes for hanging products: walls, rails and pegs."""

from __future__ import annotations

from typing import Any, Final

from kirakat.training.render.scene_record import key, scene
from kirakat.training.render.scene_spec import SceneSpec


def _hanging(*args: Any, **more: Any) -> SceneSpec:
    options: dict[str, Any] = {
        "view": "hanging",
        "camera_elevation": 2.0,
        "support_at": (0.5, 0.82),
        "aperture": 0.05,
    }
    return scene(*args, **(options | more))


HANGING: Final[tuple[SceneSpec, ...]] = (
    _hanging(
        "plaster-wall-foliage-01",
        "bare-wall",
        "plaster",
        "foliage-shadow",
        "white",
        key(305, 38, 0.05, "warm"),
        15,
        tags=("wall", "pegs", "apparel"),
    ),
    _hanging(
        "rail-linen-wall-01",
        "clothes-rail",
        "plaster",
        "window-blind",
        "beige",
        key(306, 38, 0.12, "warm"),
        47,
        tags=("rail", "apparel"),
    ),
    _hanging(
        "concrete-wall-rail-01",
        "cast-wall",
        "concrete",
        "overcast",
        "grey",
        key(312, 46, 0.4, "cool"),
        91,
        tags=("wall", "rail", "apparel", "urban"),
    ),
    _hanging(
        "terracotta-wall-pegs-01",
        "window-wall",
        "plaster",
        "golden-hour",
        "terracotta",
        key(304, 30, 0.03, "warm"),
        92,
        tags=("wall", "pegs", "apparel", "summer"),
    ),
    _hanging(
        "boards-sage-rail-01",
        "board-wall",
        "wood",
        "foliage-shadow",
        "sage",
        key(305, 38, 0.05, "warm"),
        93,
        tags=("wall", "rail", "apparel"),
    ),
    _hanging(
        "sky-paper-arch-01",
        "arch-wall",
        "paper",
        "softbox",
        "sky",
        key(315, 45, 0.25),
        94,
        tags=("wall", "arch", "apparel", "clean"),
    ),
)
