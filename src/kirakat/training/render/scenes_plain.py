"""Library scenes without set pieces: seamless sweeps and graphic studio sets."""

from __future__ import annotations

from typing import Any, Final

from kirakat.training.render.scene_record import key, scene
from kirakat.training.render.scene_spec import SceneSpec


def _sweep(scene_id: str, lighting: str, palette: str, *args: Any, **more: Any) -> SceneSpec:
    options: dict[str, Any] = {
        "backdrop": "paper",
        "camera_elevation": 14.0,
        "tags": ("seamless", "minimal"),
    }
    return scene(scene_id, "seamless", "gradient", lighting, palette, *args, **(options | more))


PLAIN: Final[tuple[SceneSpec, ...]] = (
    _sweep("gradient-mustard-01", "softbox", "mustard", key(325, 48, 0.35, "warm"), 51),
    _sweep("gradient-grey-01", "softbox", "grey", key(320, 50, 0.45), 101),
    _sweep("gradient-teal-01", "softbox", "teal", key(322, 48, 0.35), 102),
    _sweep("gradient-sky-01", "softbox", "sky", key(325, 50, 0.45), 103),
    _sweep(
        "gradient-blush-01",
        "sun",
        "blush",
        key(300, 30, 0.03, "warm"),
        104,
    ),
    scene(
        "paper-sweep-sage-01",
        "seamless",
        "paper",
        "overcast",
        "sage",
        key(292, 38, 0.22),
        108,
        backdrop="paper",
        props=("vase",),
        camera_elevation=14.0,
        tags=("seamless", "minimal", "modern"),
    ),
    scene(
        "white-arch-podium-01",
        "podium",
        "plaster",
        "softbox",
        "white",
        key(310, 44, 0.3),
        109,
        props=("arch-panel", "spheres"),
        accent="beige",
        camera_elevation=13.0,
        tags=("podium", "arch", "minimal"),
    ),
    scene(
        "satin-lavender-01",
        "draped",
        "satin",
        "softbox",
        "lavender",
        key(300, 32, 0.16),
        110,
        camera_elevation=19.0,
        brightness=0.88,
        tags=("cloth", "beauty", "evening"),
    ),
    scene(
        "concrete-blocks-overcast-01",
        "pedestal",
        "concrete",
        "overcast",
        "grey",
        key(305, 42, 0.4, "cool"),
        114,
        backdrop="concrete",
        props=("vase",),
        camera_elevation=14.0,
        tags=("blocks", "urban", "modern"),
    ),
    scene(
        "metal-rim-dark-01",
        "podium",
        "metal",
        "rim",
        "charcoal",
        key(30, 52, 0.45, "cool"),
        105,
        camera_elevation=12.0,
        backdrop="concrete",
        brightness=0.7,
        tags=("podium", "dark", "electronics", "sport"),
    ),
    scene(
        "plaster-steps-mustard-01",
        "stairs",
        "plaster",
        "golden-hour",
        "mustard",
        key(292, 28, 0.04, "warm"),
        106,
        camera_elevation=15.0,
        tags=("steps", "playful"),
    ),
    scene(
        "terrazzo-blocks-lavender-01",
        "pedestal",
        "terrazzo",
        "sun",
        "lavender",
        key(302, 44, 0.04),
        107,
        props=("cubes",),
        accent="teal",
        camera_elevation=17.0,
        tags=("blocks", "playful"),
    ),
    scene(
        "concrete-sport-01",
        "court",
        "concrete",
        "sun",
        "grey",
        key(302, 40, 0.03),
        28,
        backdrop="concrete",
        camera_elevation=12.0,
        tags=("urban", "sport"),
    ),
)
