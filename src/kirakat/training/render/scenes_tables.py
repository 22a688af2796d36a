"""Library scenes with wide worktops, sideboards and tables, for sets and for small things."""

from __future__ import annotations

from typing import Any, Final

from kirakat.training.render.scene_record import key, scene
from kirakat.training.render.scene_spec import SceneSpec


def _counter(*args: Any, **more: Any) -> SceneSpec:
    options: dict[str, Any] = {
        "camera_elevation": 13.0,
        "frame": 12.0,
        "support_at": (0.5, 0.76),
        "aperture": 0.4,
    }
    return scene(*args, **(options | more))


TABLES: Final[tuple[SceneSpec, ...]] = (
    _counter(
        "marble-counter-01",
        "counter",
        "marble",
        "softbox",
        "white",
        key(305, 40, 0.4),
        81,
        backdrop="tiles",
        props=("potted",),
        accent="terracotta",
        brightness=0.95,
        tags=("tabletop", "kitchen", "counter"),
    ),
    _counter(
        "oak-table-blind-01",
        "counter",
        "wood",
        "window-blind",
        "beige",
        key(303, 36, 0.07, "warm"),
        82,
        props=("vase",),
        tags=("tabletop", "desk", "home"),
    ),
    _counter(
        "linen-table-white-01",
        "counter",
        "linen",
        "overcast",
        "white",
        key(285, 27, 0.2, "warm"),
        83,
        aperture=0.22,
        props=("vase",),
        tags=("tabletop", "soft", "home"),
    ),
    _counter(
        "linen-table-blush-01",
        "counter",
        "linen",
        "softbox",
        "blush",
        key(290, 32, 0.3, "warm"),
        169,
        aperture=0.22,
        props=("vase",),
        tags=("tabletop", "soft", "beauty"),
    ),
    _counter(
        "oak-sideboard-sage-01",
        "counter",
        "wood",
        "foliage-shadow",
        "sage",
        key(305, 38, 0.05, "warm"),
        84,
        props=("potted",),
        tags=("tabletop", "home", "plants"),
    ),
    _counter(
        "terrazzo-worktop-sun-01",
        "counter",
        "terrazzo",
        "sun",
        "terracotta",
        key(303, 42, 0.03, "warm"),
        85,
        props=("citrus", "palm"),
        tags=("tabletop", "kitchen", "summer"),
    ),
    _counter(
        "slate-table-spot-01",
        "counter",
        "stone",
        "spotlight",
        "charcoal",
        key(305, 44, 0.3, "warm"),
        86,
        backdrop="concrete",
        props=("bowls",),
        tags=("tabletop", "kitchen", "dark"),
    ),
    _counter(
        "evening-lights-navy-01",
        "evening",
        "stone",
        "spotlight",
        "navy",
        key(320, 45, 0.3, "warm"),
        87,
        aperture=0.34,
        camera_elevation=9.0,
        tags=("tabletop", "bokeh", "evening"),
    ),
    _counter(
        "terrazzo-console-blush-01",
        "counter",
        "terrazzo",
        "window-blind",
        "blush",
        key(302, 38, 0.06, "warm"),
        88,
        props=("vase",),
        tags=("tabletop", "home", "modern"),
    ),
)
