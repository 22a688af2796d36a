"""Library scenes for lying and hanging products."""

from __future__ import annotations

from typing import Any, Final

from kirakat.training.render.scene_record import key, scene
from kirakat.training.render.scene_spec import SceneSpec


def _lying(*args: Any, **more: Any) -> SceneSpec:
    options: dict[str, Any] = {
        "view": "lying",
        "camera_elevation": 88.0,
        "support_at": (0.5, 0.52),
        "aperture": 0.05,
    }
    return scene(*args, **(options | more))


def _hanging(*args: Any, **more: Any) -> SceneSpec:
    options: dict[str, Any] = {
        "view": "hanging",
        "camera_elevation": 2.0,
        "support_at": (0.5, 0.82),
        "aperture": 0.05,
    }
    return scene(*args, **(options | more))


FLAT: Final[tuple[SceneSpec, ...]] = (
    scene(
        "linen-flatlay-leaves-01",
        "flatlay",
        "linen",
        "foliage-shadow",
        "beige",
        key(305, 48, 0.04, "warm"),
        12,
        view="lying",
        camera_elevation=88.0,
        support_at=(0.5, 0.52),
        aperture=0.05,
        props=("sprigs",),
        tags=("flat-lay", "leaves"),
    ),
    scene(
        "satin-blush-01",
        "flatlay",
        "satin",
        "softbox",
        "blush",
        key(296, 36, 0.22, "warm"),
        6,
        view="lying",
        camera_elevation=80.0,
        support_at=(0.5, 0.54),
        aperture=0.05,
        brightness=1.35,
        tags=("flat-lay", "cloth", "beauty"),
    ),
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
    _lying(
        "marble-flatlay-blind-01",
        "flatlay",
        "marble",
        "window-blind",
        "white",
        key(300, 45, 0.05),
        19,
        props=("dishes",),
        tags=("flat-lay",),
    ),
    _lying(
        "wood-flatlay-01",
        "flatlay",
        "wood",
        "softbox",
        "terracotta",
        key(310, 45, 0.3, "warm"),
        25,
        props=("cloth",),
        tags=("flat-lay", "kitchen"),
    ),
    _lying(
        "paper-flatlay-palm-01",
        "flatlay",
        "paper",
        "foliage-shadow",
        "sky",
        key(310, 45, 0.05),
        41,
        props=("palms",),
        tags=("flat-lay", "playful"),
    ),
    _lying(
        "sand-flatlay-01",
        "flatlay",
        "sand",
        "sun",
        "beige",
        key(290, 34, 0.03, "warm"),
        43,
        props=("stones",),
        tags=("flat-lay", "beach"),
    ),
    _lying(
        "concrete-flatlay-01",
        "flatlay",
        "concrete",
        "window-blind",
        "charcoal",
        key(310, 45, 0.06, "cool"),
        45,
        props=("stones",),
        tags=("flat-lay", "urban"),
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
    _lying(
        "linen-flatlay-cloth-01",
        "flatlay",
        "linen",
        "overcast",
        "grey",
        key(330, 60, 0.8),
        63,
        props=("cloth", "dishes"),
        tags=("flat-lay", "minimal"),
    ),
    _lying(
        "terrazzo-flatlay-01",
        "flatlay",
        "terrazzo",
        "sun",
        "blush",
        key(300, 48, 0.03, "warm"),
        65,
        props=("sprigs",),
        tags=("flat-lay",),
    ),
)
